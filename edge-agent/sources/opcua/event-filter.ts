/** What of a machine's events is asked for (OPC 10000-4, 7.22.3; fields of OPC 10000-9). */
import {
  AttributeIds,
  ContentFilter,
  DataType,
  ElementOperand,
  EventFilter,
  FilterOperator,
  LiteralOperand,
  MonitoringMode,
  SimpleAttributeOperand,
  Variant,
  coerceNodeId,
  coerceQualifiedName,
  type MonitoredItemCreateRequestOptions,
  type NodeId,
} from 'node-opcua-client';

/** Of BaseEventType: every server has them. */
const BASE_FIELDS = [
  'EventId',
  'EventType',
  'SourceNode',
  'SourceName',
  'Time',
  'Message',
  'Severity',
] as const;
const CONDITION_FIELDS = [
  'ConditionId',
  'ConditionName',
  'BranchId',
  'Retain',
  'ActiveState/Id',
  'ActiveState/TransitionTime',
  'AckedState/Id',
  'ConfirmedState/Id',
  'SuppressedState/Id',
  'ShelvingState/CurrentState/Id',
  'Comment',
  'ClientUserId',
] as const;

export type EventField = (typeof BASE_FIELDS)[number] | (typeof CONDITION_FIELDS)[number];

const BASE_EVENT_TYPE = coerceNodeId('i=2041');
const CONDITION_TYPE = coerceNodeId('i=2782');
const AUDIT_EVENT_TYPE = coerceNodeId('i=2052');

/** Ways to ask, the best first: some servers refuse a where clause, or fields that they do not know. */
export const FILTER_LEVELS = ['conditions', 'unfiltered', 'base'] as const;
export type FilterLevel = (typeof FILTER_LEVELS)[number];

/** In the order in which a notification has them. */
export const fieldsOf = (level: FilterLevel): readonly EventField[] =>
  level === 'base' ? BASE_FIELDS : [...BASE_FIELDS, ...CONDITION_FIELDS];

/** The condition's own node is asked for as an attribute of ConditionType (OPC 10000-9, 5.5.2). */
const operandOf = (field: EventField): SimpleAttributeOperand =>
  field === 'ConditionId'
    ? new SimpleAttributeOperand({
        typeDefinitionId: CONDITION_TYPE,
        browsePath: null,
        attributeId: AttributeIds.NodeId,
      })
    : new SimpleAttributeOperand({
        typeDefinitionId: BASE_EVENT_TYPE,
        browsePath: field.split('/').map((name) => coerceQualifiedName(name)),
        attributeId: AttributeIds.Value,
      });

/** What clients do is the server's audit, not the machine's. */
const notAudit = (): ContentFilter =>
  new ContentFilter({
    elements: [
      { filterOperator: FilterOperator.Not, filterOperands: [new ElementOperand({ index: 1 })] },
      {
        filterOperator: FilterOperator.OfType,
        filterOperands: [
          new LiteralOperand({ value: new Variant({ dataType: DataType.NodeId, value: AUDIT_EVENT_TYPE }) }),
        ],
      },
    ],
  });

/** Aliases of signals begin with 1. */
export const EVENT_HANDLE = 0;
const QUEUE_SIZE = 2_000;

export function eventItemRequest(notifier: NodeId, level: FilterLevel): MonitoredItemCreateRequestOptions {
  const filter = new EventFilter({
    selectClauses: fieldsOf(level).map(operandOf),
    ...(level === 'conditions' && { whereClause: notAudit() }),
  });
  return {
    itemToMonitor: { nodeId: notifier, attributeId: AttributeIds.EventNotifier },
    monitoringMode: MonitoringMode.Reporting,
    requestedParameters: {
      clientHandle: EVENT_HANDLE,
      samplingInterval: 0,
      queueSize: QUEUE_SIZE,
      discardOldest: true,
      filter,
    },
  };
}
