#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Half of the start of a command is compiling its modules. What V8 made of them is kept, beside the packages and not in
// FANFLEET_HOME, which may be new for each run; where it cannot be written the command starts without it.
enableCompileCache(join(import.meta.dirname, '../.fanfleet/compile-cache'));
await import('./command-line.ts');
