/** The login names of the practice bureau's people, as data. */

export const PRACTICE_LOGINS: Readonly<Record<string, string>> = {
  沈文书: 'shen',
  陆保密: 'lu',
  钱局长: 'qian',
  周副局: 'zhou',
  吴值班: 'wu',
  郑科长: 'zheng',
  孙系统: 'sun',
  李安全: 'li',
  王审计: 'wang',
}
