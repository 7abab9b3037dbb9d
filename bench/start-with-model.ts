/**
 * What a function does before its first batch with a model: `measure-model` is loaded, then ONNX Runtime, and a session is made. For
 * `startup.ts`, which bundles it as functions are.
 *
 * <bundle> <model.onnx> <name of its input> <name of its output>
 */
import '../functions/measure-model.ts';
import { readFileSync } from 'node:fs';
import { Session } from '../src/models/inference/session.ts';

const [, , path = '', input = '', output = ''] = process.argv;
// What fails ends the process with its reason.
void Session.open({ file: readFileSync(path), input, output }).then((session) => session.close());
