/** What a pickle refers to by module and name, e.g. a function: it is only named. */
export class Global {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** What a call of a global would make. */
export class Call {
  readonly callee: string;
  readonly args: readonly Pickled[];
  /** Of a dict, whose entries are set after the call. */
  readonly entries: Map<Pickled, Pickled> = new Map();

  constructor(callee: string, args: readonly Pickled[]) {
    this.callee = callee;
    this.args = args;
  }
}

/** What is kept outside of the pickle, by what names it there. */
export class Persistent {
  readonly id: Pickled;

  constructor(id: Pickled) {
    this.id = id;
  }
}

export type Pickled =
  | null
  | boolean
  | number
  | string
  | Pickled[]
  | Map<Pickled, Pickled>
  | Global
  | Call
  | Persistent;

const MARK = Symbol('mark');
type Stacked = Pickled | typeof MARK;

/**
 * What a pickle describes (https://docs.python.org/3/library/pickletools.html), of the instructions that pickles of dicts of tensors have in
 * protocols 2 to 5. Nothing is imported or called: calls are given as what they are.
 *
 * @throws RangeError where it is cut, SyntaxError where it has other instructions
 */
export function readPickle(bytes: Buffer): Pickled {
  const stack: Stacked[] = [];
  const memo = new Map<number, Pickled>();
  let at = 0;

  const skip = (length: number) => {
    at += length;
    if (at > bytes.length) throw new RangeError('its pickle is cut');
    return at - length;
  };
  const text = (length: number) => {
    const from = skip(length);
    return bytes.toString('utf8', from, from + length);
  };
  const line = () => {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) throw new RangeError('its pickle is cut');
    const found = text(end - at);
    at += 1;
    return found;
  };
  const pop = (): Pickled => {
    const top = stack.pop();
    if (top === undefined || top === MARK) throw new SyntaxError('its pickle is damaged');
    return top;
  };
  const popToMark = (): Pickled[] => {
    const found: Pickled[] = [];
    for (let top = stack.pop(); top !== MARK; top = stack.pop()) {
      if (top === undefined) throw new SyntaxError('its pickle is damaged');
      found.push(top);
    }
    return found.reverse();
  };
  const popped = (count: number): Pickled[] => Array.from({ length: count }, pop).reverse();
  const top = (): Pickled => {
    const found = pop();
    stack.push(found);
    return found;
  };
  const append = (added: readonly Pickled[]) => {
    const list = top();
    if (Array.isArray(list)) list.push(...added);
  };
  const set = (pairs: readonly Pickled[]) => {
    const target = top();
    const entries = target instanceof Call ? target.entries : target;
    if (!(entries instanceof Map)) throw new SyntaxError('its pickle is damaged');
    for (let pair = 0; pair + 1 < pairs.length; pair += 2)
      entries.set(pairs[pair] ?? null, pairs[pair + 1] ?? null);
  };
  const recall = (index: number) => {
    const found = memo.get(index);
    if (found === undefined) throw new SyntaxError('its pickle is damaged');
    stack.push(found);
  };
  const call = () => {
    const args = pop();
    const callee = pop();
    stack.push(new Call(callee instanceof Global ? callee.name : '', Array.isArray(args) ? args : []));
  };
  const stackGlobal = () => {
    const [module, name] = popped(2);
    stack.push(new Global(`${String(module)}.${String(name)}`));
  };
  /** Of a tensor's storage some sizes are larger than 32 bits. */
  const long = (length: number) => {
    let found = 0n;
    const from = skip(length);
    for (let byte = length - 1; byte >= 0; byte -= 1) found = found * 256n + BigInt(bytes[from + byte] ?? 0);
    stack.push(Number(BigInt.asIntN(8 * length, found)));
  };

  /** By the bytes that stand for them. */
  const instructions: Readonly<Record<number, () => unknown>> = {
    128: () => skip(1), // PROTO
    149: () => skip(8), // FRAME
    [code('(')]: () => stack.push(MARK),
    [code('0')]: pop,
    [code('N')]: () => stack.push(null),
    136: () => stack.push(true),
    137: () => stack.push(false),
    [code('J')]: () => stack.push(bytes.readInt32LE(skip(4))),
    [code('K')]: () => stack.push(bytes.readUInt8(skip(1))),
    [code('M')]: () => stack.push(bytes.readUInt16LE(skip(2))),
    [code('G')]: () => stack.push(bytes.readDoubleBE(skip(8))),
    138: () => long(bytes.readUInt8(skip(1))), // LONG1
    [code('X')]: () => stack.push(text(bytes.readUInt32LE(skip(4)))),
    140: () => stack.push(text(bytes.readUInt8(skip(1)))), // SHORT_BINUNICODE
    [code('U')]: () => stack.push(text(bytes.readUInt8(skip(1)))),
    [code('C')]: () => stack.push(text(bytes.readUInt8(skip(1)))),
    [code(')')]: () => stack.push([]),
    [code(']')]: () => stack.push([]),
    [code('}')]: () => stack.push(new Map()),
    143: () => stack.push([]), // EMPTY_SET
    [code('t')]: () => stack.push(popToMark()),
    133: () => stack.push(popped(1)), // TUPLE1 to TUPLE3
    134: () => stack.push(popped(2)),
    135: () => stack.push(popped(3)),
    [code('a')]: () => append([pop()]),
    [code('e')]: () => append(popToMark()),
    144: () => append(popToMark()), // ADDITEMS
    [code('s')]: () => set(popped(2)),
    [code('u')]: () => set(popToMark()),
    [code('q')]: () => memo.set(bytes.readUInt8(skip(1)), top()),
    [code('r')]: () => memo.set(bytes.readUInt32LE(skip(4)), top()),
    148: () => memo.set(memo.size, top()), // MEMOIZE
    [code('h')]: () => recall(bytes.readUInt8(skip(1))),
    [code('j')]: () => recall(bytes.readUInt32LE(skip(4))),
    [code('c')]: () => stack.push(new Global(`${line()}.${line()}`)),
    147: stackGlobal,
    [code('R')]: call,
    129: call, // NEWOBJ
    [code('b')]: pop, // The state of an object, as the metadata of a state dict.
    [code('Q')]: () => stack.push(new Persistent(pop())),
  };

  for (;;) {
    const instruction = bytes[skip(1)] ?? 0;
    if (instruction === code('.')) return pop();
    const done = instructions[instruction];
    if (done === undefined)
      throw new SyntaxError(
        `its pickle has the instruction 0x${instruction.toString(16)}, which no state dict has`,
      );
    done();
  }
}

function code(character: string): number {
  return character.charCodeAt(0);
}
