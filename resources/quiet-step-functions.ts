/**
 * serverless-step-functions 3.31.2 asks CloudFormation for HTTP endpoints after a deployment, with a call that osls 4
 * has removed: the stack is deployed, and the command fails all the same. fanfleet has no HTTP endpoints, so the
 * question is not asked.
 */
interface Hook {
  readonly pluginName: string;
}

interface Serverless {
  readonly pluginManager: { readonly hooks: Record<string, Hook[]> };
}

const HOOK = 'after:deploy:deploy';

export default class QuietStepFunctions {
  readonly hooks: Record<string, () => void>;

  constructor(serverless: Serverless) {
    this.hooks = {
      initialize: () => {
        const { hooks } = serverless.pluginManager;
        hooks[HOOK] = (hooks[HOOK] ?? []).filter(
          ({ pluginName }) => pluginName !== 'ServerlessStepFunctions',
        );
      },
    };
  }
}
