/** An OPC UA type named as published, so that no model has to know node ids or namespace indexes. */
export interface TypeRef {
  readonly namespaceUri: string;
  readonly name: string;
}

/** An instance of a companion type within the machine, at a path of browse names. */
export interface CompanionComponent {
  readonly path: string;
  readonly type: TypeRef;
  /** Optional members to create, dotted below the instance: `MachineTool.FeedOverride`. */
  readonly optionals?: readonly string[];
}

/** Nodesets in the order in which they depend on each other; names as in node-opcua's catalogue. */
export type NodesetName =
  | 'di'
  | 'irdi'
  | 'machinery'
  | 'ia'
  | 'machineryResult'
  | 'isa95JobControl'
  | 'machineryJobs'
  | 'machineTool'
  | 'robotics'
  | 'packML';

/** How a machine kind appears in an OPC UA address space, beside its signals. Data only. */
export interface CompanionPlan {
  readonly nodesets: readonly NodesetName[];
  /** Type of the machine object itself; a plain BaseObjectType when absent. */
  readonly root?: { readonly type: TypeRef; readonly optionals: readonly string[] };
  readonly components: readonly CompanionComponent[];
  /** Constant variables: path -> text. Their types come from the companion type that holds them. */
  readonly constants: Readonly<Record<string, string | number>>;
  /** Variables that its types bring along and that have no value here: whoever browses meets them. */
  readonly empty?: readonly string[];
  /**
   * Objects whose type is published but in no nodeset at hand: path -> name of a type, which is made in the
   * machine's own namespace as a subtype of BaseObjectType.
   */
  readonly ownTypes?: Readonly<Record<string, string>>;
}

/** Plain variables below the Objects folder. */
export const NO_COMPANION: CompanionPlan = { nodesets: [], components: [], constants: {} };

export const MACHINERY_URI = 'http://opcfoundation.org/UA/Machinery/';
export const ROBOTICS_URI = 'http://opcfoundation.org/UA/Robotics/';
export const PACKML_URI = 'http://opcfoundation.org/UA/PackML/';
export const MACHINE_TOOL_URI = 'http://opcfoundation.org/UA/MachineTool/';

/** Identification and state as OPC 40001-1 wants them of every machine; for kinds without a type of their own. */
export const MACHINERY_COMPONENTS: readonly CompanionComponent[] = [
  {
    path: 'Identification',
    type: { namespaceUri: MACHINERY_URI, name: 'MachineIdentificationType' },
    optionals: ['Model', 'Location', 'YearOfConstruction', 'SoftwareRevision', 'DeviceClass'],
  },
  {
    path: 'MachineryBuildingBlocks/MachineryItemState',
    type: { namespaceUri: MACHINERY_URI, name: 'MachineryItemState_StateMachineType' },
  },
  {
    path: 'MachineryBuildingBlocks/MachineryOperationMode',
    type: { namespaceUri: MACHINERY_URI, name: 'MachineryOperationModeStateMachineType' },
  },
  {
    path: 'MachineryBuildingBlocks/OperationCounters',
    type: { namespaceUri: MACHINERY_URI, name: 'MachineryOperationCounterType' },
    optionals: ['PowerOnDuration'],
  },
];
