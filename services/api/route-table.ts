import type { Readable } from 'node:stream';
import type { z } from 'zod';
import type { Actor } from '#contracts/access.ts';
import type { ActionContract, RouteContract } from '#contracts/api/route.ts';

type Parsed<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

/** What a route is given: its parameters, checked by the contract. */
export interface RouteInput<Contract extends RouteContract> {
  readonly query: Parsed<Contract['query']>;
  readonly params: Parsed<Contract['params']>;
}

/** What a route that changes something is given besides: the body, checked likewise, and who acts. */
export interface ActionInput<Contract extends ActionContract> extends RouteInput<Contract> {
  readonly body: Parsed<Contract['body']>;
  readonly actor: Actor;
}

/** An answer that is not simply a JSON object with status 200. */
export class Answer {
  readonly body: object | string | Uint8Array | Readable;
  readonly mediaType: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  /** An object goes out as JSON; text and bytes as they are. */
  constructor(body: Answer['body'], options: Partial<Omit<Answer, 'body'>> = {}) {
    this.body = body;
    this.mediaType = options.mediaType ?? JSON_MEDIA_TYPE;
    this.status = options.status ?? 200;
    this.headers = options.headers ?? {};
  }
}

export const JSON_MEDIA_TYPE = 'application/json; charset=utf-8';

type Result = object | Answer;

/** Where routes are registered; they throw `ApiProblem` to answer a problem. A contract with a `role` is read with it only. */
export interface RouteTable {
  get<Contract extends RouteContract>(
    contract: Contract,
    handler: (input: RouteInput<Contract>) => Result | Promise<Result>,
  ): void;
  /** A route that changes something: the role is checked before the body is read, and what is done is written down. */
  act<Contract extends ActionContract>(
    contract: Contract,
    handler: (input: ActionInput<Contract>) => Result | Promise<Result>,
  ): void;
}
