/*
 * A way out of libjpeg, which reports errors by a call that must not return: natively a longjmp. WebAssembly has none;
 * there both functions are JavaScript's (src/kernel/wasm/worker.ts), which throws and catches.
 */
#ifndef FANFLEET_GUARD_H
#define FANFLEET_GUARD_H

#ifdef __wasm__

typedef struct {
  char nothing;
} Guard;

__attribute__((import_module("fanfleet"), import_name("guard"))) int fanfleet_guard_call(void (*work)(void *),
                                                                                          void *argument);
__attribute__((import_module("fanfleet"), import_name("escape"))) _Noreturn void fanfleet_guard_escape(void);

/* Call `work`. Gives 1, or 0 if it left by `escape_from`. */
static inline int guarded(Guard *guard, void (*work)(void *), void *argument) {
  (void)guard;
  return fanfleet_guard_call(work, argument);
}

static inline _Noreturn void escape_from(Guard *guard) {
  (void)guard;
  fanfleet_guard_escape();
}

#else

#include <setjmp.h>

typedef struct {
  jmp_buf place;
} Guard;

/* Call `work`. Gives 1, or 0 if it left by `escape_from`. */
static inline int guarded(Guard *guard, void (*work)(void *), void *argument) {
  if (setjmp(guard->place)) return 0;
  (*work)(argument);
  return 1;
}

static inline _Noreturn void escape_from(Guard *guard) { longjmp(guard->place, 1); }

#endif

#endif
