import type { BaseNode, BrowseResult, ISessionContext, OPCUAServer, ReadValueIdOptions } from 'node-opcua';
import type { LocalizedText as PlantName } from '#domain/machine.ts';
import type { Translations } from '../names/machine-words.ts';
import {
  AttributeIds,
  DataType,
  DataValue,
  EnumValueType,
  LocalizedText,
  NodeClass,
  Variant,
} from 'node-opcua';
import { placeWords, signalWords, stateWords, textWords, translationsOf } from '../names/machine-words.ts';

/** What a server of ours says in other languages than English (ServerCapabilities.LocaleIdArray). */
export const SERVED_LOCALES: readonly string[] = ['en', 'ru', 'be', 'zh'];
type Translated = keyof Translations;

/** The first language of a session's list that is served; `undefined` for English, which is also for whoever names none. */
export function languageOf(session: unknown): Translated | undefined {
  for (const localeId of (session as WithLocales | null | undefined)?.localeIds ?? []) {
    const [language = ''] = localeId.toLowerCase().split('-');
    if (SERVED_LOCALES.includes(language)) return language === 'en' ? undefined : (language as Translated);
  }
  return undefined;
}

/** Answers that the library gives without looking at the session's locales. */
interface Accessor {
  readNode(
    context: ISessionContext,
    nodeToRead: ReadValueIdOptions,
    maxAge: number,
    timestampsToReturn: unknown,
  ): Promise<DataValue>;
  browseNode(browseDescription: unknown, context: ISessionContext): Promise<BrowseResult>;
}
/** Of the library's sessions, which their types do not show everywhere. */
interface WithLocales {
  readonly localeIds?: readonly string[];
}
/** Object or Variable: what may have a parent. */
interface WithParent {
  readonly parent?: BaseNode | null;
}

/**
 * Names of machines, signals and states in the language that a session asked for (OPC 10000-4, 5.4): the display names of nodes,
 * read and browsed, and what is told in words. The library keeps one display name a node and answers it to everybody.
 */
export function answerInLanguages(
  server: OPCUAServer,
  machine: { readonly root: BaseNode; readonly name: PlantName },
): void {
  const accessor = (server.engine as unknown as { readonly addressSpaceAccessor: Accessor })
    .addressSpaceAccessor;
  const space = machine.root.addressSpace;
  const names = new Map([[machine.root.nodeId.toString(), translationsOf(machine.name)]]);
  const wordsOf = (node: BaseNode | null): Translations | undefined =>
    node === null ? undefined : (names.get(node.nodeId.toString()) ?? translationsOfNode(node));

  const readNode = accessor.readNode.bind(accessor);
  accessor.readNode = async (context, nodeToRead, maxAge, timestampsToReturn) => {
    const dataValue = await readNode(context, nodeToRead, maxAge, timestampsToReturn);
    const language = languageOf(context.session);
    if (language === undefined || dataValue.statusCode.isBad()) return dataValue;
    if (nodeToRead.attributeId === AttributeIds.Value) return inLanguage(dataValue, language);
    if (nodeToRead.attributeId !== AttributeIds.DisplayName) return dataValue;
    const text = wordsOf(space.findNode(nodeToRead.nodeId ?? ''))?.[language];
    return text === undefined ? dataValue : withValue(dataValue, textVariant(language, text));
  };

  const browseNode = accessor.browseNode.bind(accessor);
  accessor.browseNode = async (browseDescription, context) => {
    const result = await browseNode(browseDescription, context);
    const language = languageOf(context.session);
    if (language === undefined) return result;
    for (const reference of result.references ?? []) {
      const text = reference.displayName.text && wordsOf(space.findNode(reference.nodeId))?.[language];
      if (text) reference.displayName = new LocalizedText({ locale: language, text });
    }
    return result;
  };
}

/** What a node is called, by what it is: a variable or object below a machine, or a state of a state machine's type. */
function translationsOfNode(node: BaseNode): Translations | undefined {
  const name = node.browseName.name ?? '';
  if (node.nodeId.namespace === 0) return undefined;
  const { parent } = node as BaseNode & WithParent;
  if (node.nodeClass === NodeClass.Variable) return signalWords(parent?.browseName.name ?? '', name);
  if (node.nodeClass !== NodeClass.Object) return undefined;
  return parent?.nodeClass === NodeClass.ObjectType ? stateWords(name) : placeWords(name);
}

/** A value with its texts in the language, where they are known; other values as they are. */
export function inLanguage(dataValue: DataValue, language: Translated): DataValue {
  const { dataType, arrayType } = dataValue.value;
  const value = dataValue.value.value as unknown;
  if (dataType !== DataType.LocalizedText && !isEnumeration(value)) return dataValue;
  const texts = Array.isArray(value) ? value.map((each) => said(each, language)) : said(value, language);
  return withValue(dataValue, new Variant({ dataType, arrayType, value: texts }));
}

/** EnumValues (OPC 10000-3, 5.8.3); EnumStrings are plain texts. */
const isEnumeration = (value: unknown): value is readonly EnumValueType[] =>
  Array.isArray(value) && value.length > 0 && value.every((each) => each instanceof EnumValueType);

function said(value: unknown, language: Translated): unknown {
  if (value instanceof EnumValueType) {
    const { value: number, description, displayName } = value;
    return new EnumValueType({ value: number, description, displayName: textIn(displayName, language) });
  }
  return value instanceof LocalizedText ? textIn(value, language) : value;
}

function textIn(given: LocalizedText, language: Translated): LocalizedText {
  const text = textWords(given.text ?? '')?.[language];
  return text === undefined ? given : new LocalizedText({ locale: language, text });
}

const textVariant = (locale: string, text: string): Variant =>
  new Variant({ dataType: DataType.LocalizedText, value: new LocalizedText({ locale, text }) });

/** The answer may be what the node itself keeps: it is not changed. */
function withValue(answer: DataValue, value: Variant): DataValue {
  const { statusCode, sourceTimestamp, sourcePicoseconds, serverTimestamp, serverPicoseconds } = answer;
  return new DataValue({
    value,
    statusCode,
    sourceTimestamp,
    sourcePicoseconds,
    serverTimestamp,
    serverPicoseconds,
  });
}
