/**
 * An osls plugin that packs what decodes images, for the processor of the functions: `custom.kernels` says which.
 *
 * The native kernel is a file of a function's zip where it was built (serverless.yml names it); this says which kernel
 * is packed, and refuses one that the functions could not load. sharp is a layer. The gRPC program that instances run is
 * built for their processors, and packed with `launchFleet`. After a deployment it says if the account runs fewer functions
 * at once than the stack asks for.
 */
import { join } from 'node:path';
import { tellConcurrency } from './account-concurrency.mjs';
import { unfit } from './addon.mjs';
import { buildGrpcProgram } from './grpc-program.mjs';
import { installSharp } from './sharp-layer.mjs';

export default class KernelPackaging {
  /**
   * @param {any} serverless osls has no types
   * @param {unknown} _options
   * @param {{log: {notice(text: string): void}}} utils
   */
  constructor(serverless, _options, { log }) {
    const root = serverless.serviceDir;
    const packKernel = async () => {
      const { cpu, addon, glibc } = serverless.service.custom.kernels;
      const reason = await unfit(join(root, addon), cpu, glibc);
      if (reason === 'missing') {
        log.notice(
          `Packing the portable kernel (sharp). The native one is faster: npm run build:native -- linux-${cpu}`,
        );
      } else if (reason === undefined) {
        log.notice(`Packing the native kernel (${addon}).`);
      } else {
        throw new serverless.classes.Error(
          `Expected ${addon} to run on the functions but ${reason}`,
          'KERNEL_UNFIT',
        );
      }
    };
    const packProgram = () => buildGrpcProgram(root, serverless.service.custom.kernels.fleetCpus.split(','));
    this.hooks = {
      'before:package:createDeploymentArtifacts': async () => {
        await packKernel();
        const { cpu } = serverless.service.custom.kernels;
        await installSharp(root, join(root, serverless.service.layers.sharp.path), cpu);
        await packProgram();
      },
      'after:deploy:deploy': () => tellConcurrency(serverless, log),
      'before:deploy:function:packageFunction': async () => {
        await packKernel();
        await packProgram();
      },
    };
  }
}
