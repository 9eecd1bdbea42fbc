import type { ProblemKey } from './problem-keys.ts';

export const problems: Readonly<Record<ProblemKey, string>> = {
  'problem.not-listening': '{endpoint} 拒绝连接。请检查 OPC UA 服务器是否运行并监听此端口。',
  'problem.no-answer': '{endpoint} 无应答。请检查网线、地址和防火墙，以及机器是否开机。',
  'problem.unknown-host': '{endpoint} 的主机名未知。请检查名称和代理主机的名称服务（DNS）。',
  'problem.broke-off': '与 {endpoint} 的连接中断。请检查该处是否有 OPC UA 服务器在监听，以及网络。',
  'problem.own-certificate': '{endpoint} 不接受代理的证书。请在服务器上信任它：从拒绝列表移到信任列表。',
  'problem.clock': '{endpoint} 认为代理证书不在有效期内。请对比代理和服务器的时钟。',
  'problem.login': '{endpoint} 不接受登录。请检查代理配置中的用户名和密码（或用户证书），以及该用户的权限。',
  'problem.too-many': '{endpoint} 没有空闲会话。请关闭其他客户端，或提高服务器的会话上限。',
  'problem.starting': '{endpoint} 尚未就绪或正在关闭。请等待服务器启动。',
  'problem.security': '{endpoint} 不提供所配置的安全策略。“npm run edge -- probe” 可列出其所提供的。',
  'problem.unconfirmed': '{endpoint} 的证书从未确认。请用 “npm run edge -- trust” 确认。',
  'problem.certificate-changed':
    '{endpoint} 出示的证书与已确认的不同。请核实是否更换过，然后用 “npm run edge -- trust” 确认。',
  'problem.silent': '{endpoint} 已连接，但没有活动信号。请检查服务器负载和网络。',
  'problem.no-signals': '{endpoint} 在配置所指位置没有可读内容。“npm run edge -- browse” 可显示现有内容。',
  'problem.wrong-path': '{endpoint} 不认识此地址的路径。请与 “npm run edge -- probe” 列出的地址对比。',
  'problem.language': '{endpoint} 无法切换回英文名称。代理会自动重新建立会话，并且只请求英文名称。',
};
