import type { Language } from '../../services/shared/domain/machine.ts';

/** The plural categories each language has for whole and decimal numbers (CLDR). */
export interface PluralCategories {
  ru: 'one' | 'few' | 'many' | 'other';
  be: 'one' | 'few' | 'many' | 'other';
  en: 'one' | 'other';
  zh: 'other';
}
export type PluralForms<L extends Language> = Readonly<Record<PluralCategories[L], string>>;

/** Keys of plain texts. `{name}` stands for a parameter. */
export const TEXT_KEYS = [
  'nav.label', 'nav.overview', 'nav.pipeline', 'nav.skip', 'nav.back',
  'screen.overview', 'screen.pipeline', 'screen.unknown', 'screen.unknownText',
  'time.live', 'time.skew',
  'link.idle', 'link.connecting', 'link.open', 'link.live', 'link.silent', 'link.lost', 'link.dataAge', 'link.label',
  'language.label', 'theme.label', 'theme.auto', 'theme.light', 'theme.dark',
  'provenance.live', 'provenance.simulated', 'provenance.replay', 'provenance.label',
  'state.label', 'state.unknown', 'state.none',
  'machineLink.connecting', 'machineLink.online', 'machineLink.silent', 'machineLink.offline', 'machineLink.refused', 'machineLink.unknown',
  'quality.good', 'quality.uncertain', 'quality.bad',
  'value.none', 'value.yes', 'value.no', 'value.stale', 'value.age',
  'range.label', 'range.10m', 'range.1h', 'range.8h', 'range.24h',
  'trend.title', 'trend.of', 'trend.show', 'trend.hide', 'trend.table', 'trend.time', 'trend.min', 'trend.mean', 'trend.max', 'trend.quality',
  'trend.count', 'trend.gap', 'trend.begins', 'trend.noData', 'trend.loading', 'trend.failed', 'trend.tableEmpty', 'trend.none', 'trend.keys',
  'overview.empty', 'overview.emptyText', 'overview.summary', 'overview.open', 'overview.lost', 'overview.lastMinutes',
  'nav.explore', 'screen.explore', 'search.title', 'search.hint', 'search.none',
  'explore.add', 'explore.full', 'explore.unknown', 'explore.remove', 'explore.empty', 'explore.emptyText', 'explore.drag', 'explore.legend', 'explore.signal', 'explore.newest', 'explore.zoomOut', 'explore.live', 'explore.overlay', 'explore.overlay.none', 'explore.overlay.before', 'explore.overlay.day', 'explore.overlay.week', 'explore.take', 'explore.link', 'explore.copied',
  'machine.unknown', 'machine.unknownText', 'machine.general', 'machine.agent', 'machine.place', 'machine.kind', 'machine.noSignals', 'machine.signals',
  'kind.cnc', 'kind.pump-loop', 'kind.compressor', 'kind.robot', 'kind.conveyor', 'kind.agv', 'kind.injection-moulding', 'kind.packaging', 'kind.energy-meter', 'kind.vision', 'kind.old-mill', 'kind.recording', 'kind.other',
  'pipeline.identity', 'pipeline.produced', 'pipeline.stored', 'pipeline.rejected', 'pipeline.declaredLost', 'pipeline.inFlight', 'pipeline.difference',
  'pipeline.refused', 'pipeline.refusedNone', 'pipeline.received', 'pipeline.code', 'pipeline.reason', 'pipeline.topic', 'pipeline.storedRate', 'pipeline.machine', 'pipeline.newest', 'pipeline.balanced', 'pipeline.unbalanced', 'pipeline.pending', 'pipeline.discarded', 'pipeline.inFlightRecords', 'pipeline.flow', 'pipeline.machines', 'pipeline.agents', 'pipeline.agent', 'pipeline.epoch', 'pipeline.oldest',
  'pipeline.missing', 'pipeline.broker', 'pipeline.ingest', 'pipeline.historian', 'pipeline.api', 'pipeline.browser', 'pipeline.streams', 'pipeline.components', 'pipeline.component',
  'pipeline.status', 'pipeline.detail', 'pipeline.daysLeft', 'pipeline.rate', 'pipeline.none', 'pipeline.noStreams', 'pipeline.explain', 'pipeline.cut', 'pipeline.paint', 'pipeline.silent',
  'status.ok', 'status.degraded', 'status.down', 'status.unknown',
  'overview.retired', 'machine.retired', 'machine.agentSays', 'value.lastGood', 'pipeline.notRead', 'pipeline.notReadNone', 'pipeline.notReadSum', 'pipeline.notReadUnion', 'pipeline.queue', 'pipeline.lag', 'pipeline.links', 'pipeline.journal', 'pipeline.journals', 'pipeline.items', 'pipeline.failedItems', 'pipeline.lifeSign', 'pipeline.ofLimit', 'pipeline.online', 'pipeline.offline', 'pipeline.browsers', 'pipeline.space', 'pipeline.duplicates', 'pipeline.ahead', 'component.broker', 'component.ingest', 'component.historian', 'component.agent', 'health.store-samples', 'health.store-samples-days', 'health.store-no-answer', 'health.ingest-pending', 'health.ingest-no-broker', 'health.agent-offline', 'health.agent-machines',
  'nav.alarms', 'screen.alarms', 'alarm.figures', 'alarm.lately', 'alarm.inHour', 'alarm.flood', 'alarm.chattering', 'alarm.stale', 'alarm.top', 'alarm.now', 'alarm.none', 'alarm.events', 'alarm.noEvents', 'alarm.more', 'alarm.machine', 'alarm.priority', 'alarm.anyPriority', 'alarm.atLeast', 'alarm.p1', 'alarm.p2', 'alarm.p3', 'alarm.p4', 'alarm.state.active', 'alarm.state.acknowledged', 'alarm.state.returned', 'alarm.state.shelved', 'alarm.state.suppressed', 'alarm.state.over', 'alarm.look', 'alarm.unheard', 'alarm.event.events-lost', 'alarm.event.store-changed', 'alarm.event.epoch-superseded', 'alarm.event.other', 'alarm.acknowledge', 'alarm.shelve', 'alarm.shelveOnce', 'alarm.unshelve', 'alarm.forOperators', 'alarm.confirm', 'alarm.actFailed', 'alarm.found.inferred', 'alarm.found.refreshed',
  'nav.wall', 'screen.wall', 'wall.figures', 'wall.power', 'wall.good', 'wall.running', 'wall.of', 'wall.mainPower', 'wall.totalPower', 'wall.goodLately', 'wall.attention', 'wall.allWell', 'wall.silent', 'wall.job', 'wall.more', 'wall.lost', 'lamp.run', 'lamp.idle', 'lamp.setup', 'lamp.down', 'lamp.off', 'lamp.unknown', 'lamp.silent',
  'machine.packml', 'machine.packmlAny', 'machine.synoptic',
  'component.audit', 'component.agent-identities', 'component.auditOk',
  'error.load', 'error.retrying', 'footer.dataAge',
  'passport.title', 'passport.open', 'passport.close', 'passport.again', 'passport.step.source', 'passport.step.server', 'passport.step.journaled', 'passport.step.published', 'passport.step.received', 'passport.step.committed', 'passport.step.answered', 'passport.step.painted', 'passport.notMeasured', 'passport.paint', 'passport.total', 'passport.raw', 'passport.shown', 'passport.conversion', 'passport.noConversion', 'passport.status', 'passport.nodeId', 'passport.record', 'passport.recordOf', 'passport.payload', 'passport.timeBy.server', 'passport.timeBy.agent', 'passport.clocks', 'passport.curl', 'passport.copy', 'passport.overflow',
  'screen.login', 'session.login', 'session.logout', 'session.name', 'session.password', 'session.visitor', 'session.first', 'session.as', 'session.until', 'role.operator', 'role.engineer', 'role.admin', 'session.may.operator', 'session.may.engineer', 'session.may.admin', 'session.failed', 'session.locked', 'session.error', 'actions.title', 'actions.user', 'actions.action', 'actions.target', 'actions.address', 'actions.outcome', 'actions.visitor', 'actions.none', 'outcome.begun', 'outcome.done', 'outcome.failed', 'outcome.refused',
  'nav.quality', 'screen.quality', 'quality.explain', 'quality.since', 'quality.legend', 'quality.share.good', 'quality.share.uncertain', 'quality.share.bad', 'quality.share.missing', 'quality.share.unknown', 'quality.suspects', 'quality.gaps', 'quality.gapsNone', 'quality.condition.ok', 'quality.condition.never', 'quality.condition.silent', 'quality.condition.stuck', 'quality.age', 'quality.from', 'quality.duration', 'quality.cause', 'quality.whole', 'quality.everything', 'quality.details',
] as const; // prettier-ignore
export type TextKey = (typeof TEXT_KEYS)[number];

/** Keys of texts that depend on a number `n`. */
export const PLURAL_KEYS = [
  'count.machines',
  'count.signals',
  'count.samples',
  'count.days',
  'count.gaps',
  'count.records',
] as const;
export type PluralKey = (typeof PLURAL_KEYS)[number];

/** One language. A key that is missing, or one too many, does not compile. */
export interface Catalogue<L extends Language> {
  readonly texts: Readonly<Record<TextKey, string>>;
  readonly plurals: Readonly<Record<PluralKey, PluralForms<L>>>;
  /** Symbols by UNECE code, where they differ from the international symbol. */
  readonly units: Readonly<Record<string, string>>;
  /** Words that machines send as data: state names of companion specifications, browse names. */
  readonly words: Readonly<Record<string, string>>;
}
