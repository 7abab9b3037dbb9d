import { FanfleetError } from '../shared.ts';

/** An error that the EC2 API answers with: its code, the message of the answer, and the HTTP status. */
export class Ec2Error extends FanfleetError {
  readonly detail: string;
  readonly status: number;

  constructor(code: string, detail: string, status = 400) {
    super(code, detail, { source: 'user' });
    this.detail = detail;
    this.status = status;
  }
}
