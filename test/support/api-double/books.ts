/** Audit and health as the double tells them: a stream that goes on, and one that was superseded. */
export const startedMs = Date.now();

export function auditView(): unknown {
  const produced = 18_400_000 + Math.floor((Date.now() - startedMs) * 0.9);
  return [
    {
      agent: 'edge-1',
      epoch: '8f31c2d4a0b97e65',
      epochNumber: 2,
      current: true,
      cut: 81_234,
      produced,
      discarded: 0,
      storedAtCut: produced - 12,
      stored: produced + 310,
      rejectedAtCut: 12,
      rejected: 12,
      declaredLostAtCut: 0,
      declaredLost: 0,
      closed: false,
      lostAtClose: 0,
      inFlight: 0,
      missing: [],
      unexplained: 0,
      oldestUnacknowledgedMs: 84,
      agentHeardAt: new Date().toISOString(),
    },
    {
      agent: 'edge-1',
      epoch: '02aa19e0c4d1b733',
      epochNumber: 1,
      current: false,
      cut: 4_120,
      produced: 910_412,
      discarded: 0,
      storedAtCut: 910_012,
      stored: 910_012,
      rejectedAtCut: 0,
      rejected: 0,
      declaredLostAtCut: 400,
      declaredLost: 400,
      closed: true,
      lostAtClose: 0,
      inFlight: 0,
      missing: [],
      unexplained: 0,
      oldestUnacknowledgedMs: null,
      agentHeardAt: null,
    },
  ];
}

export const healthView = (): unknown => ({
  status: 'ok',
  components: [
    { name: 'broker', status: 'ok', detail: 'online' },
    {
      name: 'ingest',
      status: 'ok',
      detail: '1 records on the way',
      code: 'ingest-pending',
      values: { records: 1 },
    },
    {
      name: 'historian',
      status: 'ok',
      detail: '18 samples',
      code: 'store-samples-days',
      values: { samples: 36_220, days: 41 },
    },
    { name: 'edge-agent brest/edge-1', status: 'ok' },
  ],
});
