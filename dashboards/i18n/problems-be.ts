import type { ProblemKey } from './problem-keys.ts';

export const problems: Readonly<Record<ProblemKey, string>> = {
  'problem.not-listening':
    '{endpoint} адхіляе злучэнне. Праверце, што сервер OPC UA запушчаны і слухае гэты порт.',
  'problem.no-answer':
    '{endpoint} не адказвае. Праверце кабель, адрас і міжсеткавы экран і ці ўключана машына.',
  'problem.unknown-host':
    'Імя вузла ў {endpoint} невядомае. Праверце імя і службу імён (DNS) на вузле агента.',
  'problem.broke-off': 'Злучэнне з {endpoint} абарвалася. Праверце, ці слухае там сервер OPC UA, і сетку.',
  'problem.own-certificate':
    '{endpoint} не прымае сертыфікат агента. Даверце яму на серверы: перанясіце з адхіленых у давераныя.',
  'problem.clock':
    '{endpoint} лічыць, што тэрмін сертыфіката агента не дзейнічае. Параўнайце гадзіннікі агента і сервера.',
  'problem.login':
    '{endpoint} не прымае ўваход. Праверце імя і пароль (або сертыфікат карыстальніка) у наладах агента і правы гэтага карыстальніка.',
  'problem.too-many':
    'У {endpoint} няма вольных сеансаў. Закрыйце іншых кліентаў або павялічце мяжу сеансаў сервера.',
  'problem.starting': '{endpoint} яшчэ не гатовы або выключаецца. Дачакайцеся запуску сервера.',
  'problem.security':
    '{endpoint} не прапануе наладжаную абарону. «npm run edge -- probe» пакажа, што ён прапануе.',
  'problem.unconfirmed':
    'Сертыфікат {endpoint} яшчэ не пацверджаны. Пацвердзіце яго: «npm run edge -- trust».',
  'problem.certificate-changed':
    '{endpoint} паказвае не той сертыфікат, што быў пацверджаны. Даведайцеся, ці мянялі яго, потым пацвердзіце: «npm run edge -- trust».',
  'problem.silent': '{endpoint} на сувязі, але не падае прыкмет жыцця. Праверце нагрузку сервера і сетку.',
  'problem.no-signals':
    'У {endpoint} няма чаго чытаць там, дзе паказана ў наладах. «npm run edge -- browse» пакажа, што там ёсць.',
  'problem.wrong-path':
    '{endpoint} не ведае шляху ў гэтым адрасе. Параўнайце з тымі, што паказвае «npm run edge -- probe».',
  'problem.language':
    '{endpoint} не вяртаецца да англійскіх назваў. Агент сам адкрые новы сеанс і запытае толькі англійскія.',
};
