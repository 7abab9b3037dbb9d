/** The stage that is deployed to the offline AWS; every other one is in an account. */
export const LOCAL = 'local';
