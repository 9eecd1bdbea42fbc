import { createRequire } from 'node:module';

/** Eclipse Tahu's codec, an independent reading of Sparkplug B: CommonJS, and its own types do not resolve. */
interface TahuLibrary {
  get(namespace: string): {
    encodePayload(payload: TahuPayload): Uint8Array;
    decodePayload(bytes: Uint8Array): TahuPayload;
  };
}

export interface TahuProperty {
  readonly type: string;
  readonly value: unknown;
}

export interface TahuMetric {
  readonly name?: string;
  readonly alias?: unknown;
  readonly timestamp?: unknown;
  readonly type: string;
  readonly value: unknown;
  readonly isHistorical?: boolean;
  readonly properties?: Readonly<Record<string, TahuProperty>>;
}

export interface TahuPayload {
  readonly timestamp?: unknown;
  readonly seq?: unknown;
  readonly metrics?: readonly TahuMetric[];
}

/** The wire form, field by field: what the library sees before it interprets. */
export interface TahuRawMetric {
  readonly name?: string;
  readonly alias?: { toString(): string };
  readonly timestamp?: { toString(): string };
  readonly isHistorical?: boolean;
  readonly isNull?: boolean;
  readonly intValue?: number;
  readonly longValue?: { toString(): string };
  readonly floatValue?: number;
  readonly doubleValue?: number;
  readonly booleanValue?: boolean;
  readonly stringValue?: string;
  readonly bytesValue?: Uint8Array;
  readonly properties?: {
    readonly keys: readonly string[];
    readonly values: readonly {
      readonly type: number;
      readonly intValue?: number;
      readonly longValue?: { toString(): string };
    }[];
  };
}

interface TahuProto {
  readonly org: {
    readonly eclipse: {
      readonly tahu: {
        readonly protobuf: {
          readonly Payload: { decode(bytes: Uint8Array): { readonly metrics: readonly TahuRawMetric[] } };
        };
      };
    };
  };
}

const require = createRequire(import.meta.url);

export const tahu = (require('sparkplug-payload') as TahuLibrary).get('spBv1.0');
export const tahuPayload = (require('sparkplug-payload/lib/sparkplugPayloadProto.js') as TahuProto).org
  .eclipse.tahu.protobuf.Payload;
