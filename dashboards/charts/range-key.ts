import type { RangeName } from '../app/route.ts';
import type { TextKey } from '../i18n/messages.ts';

export const rangeKey = (range: RangeName): TextKey => `range.${range}`;
