/**
 * An osls plugin that packs what decodes images, for the processor of the functions: `custom.kernels` says which.
 *
 * The native kernel is a file of a function's zip where it was built (serverless.yml names it); this says which kernel
 * is packed, and refuses one that the functions, or instances, could not load. sharp is a layer, and ONNX Runtime another one unless
 * `custom.kernels.models` is false. What instances run is
 * packed with `launchFleet`: the native kernel for their processors, and the gRPC program, which is built here. The functions
 * are told for which processors it was packed (`FANFLEET_NATIVE_KERNELS`): the kernel of a run is chosen by that. After a
 * deployment it says if the account runs fewer functions at once than the stack asks for.
 */
import { join } from 'node:path';
import { tellConcurrency } from './account-concurrency.mjs';
import { unfit } from './addon.mjs';
import { buildGrpcProgram } from './grpc-program.mjs';
import { installOnnxruntime } from './onnxruntime-layer.mjs';
import { installSharp } from './sharp-layer.mjs';

export default class KernelPackaging {
  /**
   * @param {any} serverless osls has no types
   * @param {unknown} _options
   * @param {{log: {notice(text: string): void}}} utils
   */
  constructor(serverless, _options, { log }) {
    const root = serverless.serviceDir;
    const refuse = (/** @type {string} */ addon, /** @type {string} */ who, /** @type {string} */ reason) => {
      const message = `Expected ${addon} to run on the ${who} but ${reason}`;
      throw new serverless.classes.Error(message, 'KERNEL_UNFIT');
    };
    const packed = new Set();
    const packKernel = async () => {
      const { cpu, addon, glibc } = serverless.service.custom.kernels;
      const reason = await unfit(join(root, addon), cpu, glibc);
      if (reason === 'missing') {
        log.notice(
          `Packing the portable kernel (WebAssembly). The native one is faster: npm run build:native -- linux-${cpu}`,
        );
      } else if (reason === undefined) {
        log.notice(`Packing the native kernel (${addon}).`);
        packed.add(cpu);
      } else {
        refuse(addon, 'functions', reason);
      }
    };
    const packForFleets = async () => {
      const { fleetCpus, glibc, models } = serverless.service.custom.kernels;
      const cpus = fleetCpus.split(',');
      for (const cpu of cpus) {
        const addon = `native/dist/linux-${cpu}/kernel.node`;
        const reason = await unfit(join(root, addon), cpu, glibc);
        if (reason === 'missing') {
          log.notice(
            `Packing no native kernel for instances with ${cpu}: runs with them use the portable one, Pillow or WebAssembly, on both arms. npm run build:native -- linux-${cpu}`,
          );
        } else if (reason === undefined) {
          packed.add(cpu);
        } else {
          refuse(addon, 'instances', reason);
        }
      }
      await buildGrpcProgram(root, cpus, models === 'true');
      serverless.service.provider.environment.FANFLEET_NATIVE_KERNELS = [...packed].join(',');
    };
    this.hooks = {
      'before:package:createDeploymentArtifacts': async () => {
        await packKernel();
        const { cpu } = serverless.service.custom.kernels;
        const { sharp, onnxruntime } = serverless.service.layers;
        await installSharp(root, join(root, sharp.path), cpu);
        if (serverless.service.custom.kernels.models === 'true') {
          await installOnnxruntime(root, join(root, onnxruntime.path), cpu);
        } else {
          leaveModelsOut(serverless.service);
        }
        await packForFleets();
      },
      'after:deploy:deploy': () => tellConcurrency(serverless, log),
      'before:deploy:function:packageFunction': async () => {
        await packKernel();
        await packForFleets();
      },
    };
  }
}

/**
 * Take the layer out of a service, from the functions that have it, and what instances fetch from the function that launches
 * them: an earlier packaging may have left it.
 *
 * @param {any} service osls has no types
 */
function leaveModelsOut(service) {
  delete service.layers.onnxruntime;
  for (const { layers } of Object.values(service.functions)) {
    const at = layers?.findIndex((/** @type {any} */ layer) => layer.Ref === 'OnnxruntimeLambdaLayer') ?? -1;
    if (at >= 0) layers.splice(at, 1);
  }
  service.functions.launchFleet.package.patterns.push('!.layers/onnxruntime-*/**');
}
