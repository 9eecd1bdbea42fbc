import type { ProblemKey } from './problem-keys.ts';

export const problems: Readonly<Record<ProblemKey, string>> = {
  'problem.not-listening':
    '{endpoint} отклоняет соединение. Проверьте, что сервер OPC UA запущен и слушает этот порт.',
  'problem.no-answer':
    '{endpoint} не отвечает. Проверьте кабель, адрес и межсетевой экран и включена ли машина.',
  'problem.unknown-host':
    'Имя узла в {endpoint} неизвестно. Проверьте имя и службу имён (DNS) на узле агента.',
  'problem.broke-off': 'Соединение с {endpoint} оборвалось. Проверьте, слушает ли там сервер OPC UA, и сеть.',
  'problem.own-certificate':
    '{endpoint} не принимает сертификат агента. Доверьте ему на сервере: перенесите из отклонённых в доверенные.',
  'problem.clock':
    '{endpoint} считает, что срок сертификата агента не действует. Сравните часы агента и сервера.',
  'problem.login':
    '{endpoint} не принимает вход. Проверьте имя и пароль (или сертификат пользователя) в настройках агента и права этого пользователя.',
  'problem.too-many':
    'У {endpoint} нет свободных сеансов. Закройте других клиентов или увеличьте предел сеансов сервера.',
  'problem.starting': '{endpoint} ещё не готов или выключается. Дождитесь запуска сервера.',
  'problem.security':
    '{endpoint} не предлагает настроенную защиту. «npm run edge -- probe» покажет, что он предлагает.',
  'problem.unconfirmed':
    'Сертификат {endpoint} ещё не подтверждён. Подтвердите его: «npm run edge -- trust».',
  'problem.certificate-changed':
    '{endpoint} показывает не тот сертификат, что был подтверждён. Узнайте, заменяли ли его, затем подтвердите: «npm run edge -- trust».',
  'problem.silent': '{endpoint} на связи, но не подаёт признаков жизни. Проверьте нагрузку сервера и сеть.',
  'problem.no-signals':
    'У {endpoint} нечего читать там, где указано в настройках. «npm run edge -- browse» покажет, что там есть.',
  'problem.wrong-path':
    '{endpoint} не знает пути в этом адресе. Сравните с теми, что показывает «npm run edge -- probe».',
  'problem.language':
    '{endpoint} не возвращается к английским названиям. Агент сам откроет новый сеанс и запросит только английские.',
};
