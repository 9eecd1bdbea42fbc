/** What the scene says, in the four languages of the centre. */
export const LANGUAGES = ['ru', 'be', 'en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Words {
  readonly starting: string;
  readonly normal: string;
  readonly cut: string;
  readonly mended: string;
  readonly read: string;
  readonly waiting: string;
  readonly stored: string;
  readonly drained: string;
  readonly rate: string;
  readonly proof: string;
  readonly produced: string;
  readonly lost: string;
  readonly doubled: string;
  readonly altered: string;
  readonly reordered: string;
  readonly holds: string;
  readonly fails: string;
  readonly books: string;
}

export const WORDS: Readonly<Record<Language, Words>> = {
  ru: {
    starting: 'Запускается центр',
    normal: 'Всё работает: станки → агент → брокер → архив',
    cut: 'КАБЕЛЬ ПЕРЕРЕЗАН между агентом и брокером',
    mended: 'Кабель восстановлен, журнал досылается',
    read: 'агент прочитал',
    waiting: 'ждёт в журнале',
    stored: 'в архиве',
    drained: 'Журнал досылался',
    rate: 'быстрее реального времени в',
    proof: 'Доказательство: записанное сверено с тем, что произвели станки',
    produced: 'произведено',
    lost: 'потеряно',
    doubled: 'удвоено',
    altered: 'искажено',
    reordered: 'не по порядку',
    holds: 'Не потеряно ничего.',
    fails: 'НЕ СОШЛОСЬ: см. числа выше.',
    books: 'Сверка по книгам учёта (без ведомости станков)',
  },
  be: {
    starting: 'Запускаецца цэнтр',
    normal: 'Усё працуе: станкі → агент → брокер → архіў',
    cut: 'КАБЕЛЬ ПЕРАРЭЗАНЫ паміж агентам і брокерам',
    mended: 'Кабель адноўлены, журнал дасылаецца',
    read: 'агент прачытаў',
    waiting: 'чакае ў журнале',
    stored: 'у архіве',
    drained: 'Журнал дасылаўся',
    rate: 'хутчэй за рэальны час у',
    proof: 'Доказ: запісанае зверана з тым, што вырабілі станкі',
    produced: 'выраблена',
    lost: 'страчана',
    doubled: 'падвоена',
    altered: 'скажона',
    reordered: 'не па парадку',
    holds: 'Не страчана нічога.',
    fails: 'НЕ СЫШЛОСЯ: гл. лічбы вышэй.',
    books: 'Зверка па кнігах уліку (без ведамасці станкоў)',
  },
  en: {
    starting: 'The centre is starting',
    normal: 'All is well: machines → agent → broker → historian',
    cut: 'THE CABLE IS CUT between agent and broker',
    mended: 'The cable is mended, the journal drains',
    read: 'agent has read',
    waiting: 'waiting in its journal',
    stored: 'in the historian',
    drained: 'The journal drained for',
    rate: 'faster than real time by a factor of',
    proof: 'Proof: what is stored against what the machines produced',
    produced: 'produced',
    lost: 'lost',
    doubled: 'doubled',
    altered: 'altered',
    reordered: 'out of order',
    holds: 'Nothing was lost.',
    fails: 'IT DOES NOT ADD UP: see the figures above.',
    books: 'By the audit books (no ledger of the machines)',
  },
  zh: {
    starting: '中心正在启动',
    normal: '一切正常：机器 → 代理 → 消息服务器 → 历史库',
    cut: '代理与消息服务器之间的电缆已切断',
    mended: '电缆已修复，正在补传日志',
    read: '代理已读取',
    waiting: '日志中等待',
    stored: '已入历史库',
    drained: '日志补传用时',
    rate: '补传速度为实时的倍数',
    proof: '证明：将存储内容与机器产生的数据逐条核对',
    produced: '产生',
    lost: '丢失',
    doubled: '重复',
    altered: '被改动',
    reordered: '次序错误',
    holds: '没有丢失任何数据。',
    fails: '核对不符：见上方数字。',
    books: '按审计账目核对（没有机器台账）',
  },
};

/** `--language`, else the one of the terminal, else English. */
export function languageOf(option: string | undefined, locale = process.env['LANG'] ?? ''): Language {
  return LANGUAGES.find((one) => one === option) ?? LANGUAGES.find((one) => locale.startsWith(one)) ?? 'en';
}
