/** 词库: secrecy marks, sensitive and wrong words, former names. Data with a version; an agency adds
 *  its own words beside it. The rows are a start that staff are meant to edit (docs/checks.md). */
import type { FindingCode, Severity } from './finding.ts'

export const WORD_KINDS = ['secrecy', 'sensitive', 'wrong', 'organisation', 'health'] as const
export type WordKind = (typeof WORD_KINDS)[number]

export interface DictionaryWord {
  readonly word: string
  readonly kind: WordKind
  readonly severity: Severity
  /** what should stand there; absent when a person must decide */
  readonly instead?: string
  /** one short reason for the clerk */
  readonly why: string
  /** longer phrases in which the word is right */
  readonly unless?: readonly string[]
  /** first day (YYYY-MM-DD) on which the word is wrong */
  readonly since?: string
}

export const CODE_OF_KIND: Readonly<Record<WordKind, FindingCode>> = {
  secrecy: 'secrecy-mark',
  sensitive: 'sensitive-word',
  wrong: 'wrong-word',
  organisation: 'former-organisation',
  health: 'health',
}

/** Changes whenever a row changes; each check records the version it used. */
export const DICTIONARY_VERSION = '2026.11.1'

function rows(
  kind: WordKind,
  severity: Severity,
  why: string,
  words: readonly (string | readonly [word: string, instead: string])[],
  more: Pick<DictionaryWord, 'unless' | 'since'> = {},
): readonly DictionaryWord[] {
  return words.map((row) => {
    const [word, instead] = typeof row === 'string' ? [row, undefined] : row
    return { word, kind, severity, why, ...more, ...(instead === undefined ? {} : { instead }) }
  })
}

/** 保守国家秘密法 2024 第二十四条 (标志); 工作秘密 第六十四条. A bare 秘密 is an everyday word. */
const SECRECY = [
  ...rows('secrecy', 'stop', '这是内部文件的标注', [
    ...['内部资料', '内部文件', '内部参考', '内部刊物', '仅供内部', '内部明电', '内部传阅'],
    ...['阅后即焚', '阅后销毁', '会后收回'],
  ]),
  ...rows('secrecy', 'ask', '可能是内部文件的标注', [
    ...['内部使用', '内部掌握', '工作秘密', '注意保存'],
  ]),
  ...rows('secrecy', 'stop', '这是不得公开的标注', [
    ...['不得公开', '不宜公开', '严禁公开', '不得外传', '严禁外传', '请勿外传', '禁止外传'],
    ...['不得对外', '不得翻印', '不得上网', '严禁上网'],
  ]),
]

const SECRECY_PHRASES = {
  unless: ['商业机密', '国家机密', '保守机密', '泄露机密', '机密性', '机密级', '绝密级'],
}
const SECRECY_DEGREES = rows(
  'secrecy',
  'stop',
  '这是国家秘密的密级标志',
  ['绝密', '机密'],
  SECRECY_PHRASES,
)

const WRONG = [
  ...rows('wrong', 'hint', '常见错别字', [
    ['隐患排察', '隐患排查'],
    ['布署', '部署'],
    ['装祯', '装帧'],
    ['重大危险原', '重大危险源'],
    ['应急予案', '应急预案'],
    ['予警', '预警'],
    ['座落', '坐落'],
    ['既使', '即使'],
    ['泻露', '泄漏'],
    ['窒熄', '窒息'],
    ['迫不急待', '迫不及待'],
    ['再接再励', '再接再厉'],
    ['一愁莫展', '一筹莫展'],
    ['粗制烂造', '粗制滥造'],
    ['各行其事', '各行其是'],
    ['记录片', '纪录片'],
    ['签定', '签订'],
    ['气像', '气象'],
  ]),
  ...rows('wrong', 'hint', '常见错别字', [['按装', '安装']], { unless: ['按装备', '按装配'] }),
  ...rows('wrong', 'hint', '常见错别字', [['防犯', '防范']], { unless: ['防犯罪', '国防犯'] }),
  ...rows('wrong', 'ask', '固定提法写错', [
    ['安全第一、预防为主、综合整治', '安全第一、预防为主、综合治理'],
    ['安全第一、预防为主，综合治理', '安全第一、预防为主、综合治理'],
    ['人民至上、生命之上', '人民至上、生命至上'],
    ['三管三必需', '三管三必须'],
    ['中国人民共和国', '中华人民共和国'],
    ['中华人名共和国', '中华人民共和国'],
    ['习近平新时代中国特色主义思想', '习近平新时代中国特色社会主义思想'],
    ['习近平新时代特色社会主义思想', '习近平新时代中国特色社会主义思想'],
    ['中国特色社会主意', '中国特色社会主义'],
    ['以人民为重心', '以人民为中心'],
  ]),
  ...rows('wrong', 'hint', '计量单位不规范', [
    ['立方公分', '立方厘米'],
    ['平方公尺', '平方米'],
  ]),
]

const SENSITIVE = [
  ...rows('sensitive', 'stop', '涉及领土的称谓不能这样写', [
    ...['台湾国', '中国和台湾', '中台两国', '台湾总统', '台湾政府', '中港台三国'],
    ...['香港国', '澳门国', '西藏国', '东突厥斯坦'],
  ]),
  ...rows('sensitive', 'ask', '对人的称谓有贬损', [
    ['残废人', '残疾人'],
    ['盲流', '流动人员'],
    ['弱智', '智力残疾'],
    ...['刁民', '乡巴佬', '打工仔', '打工妹'],
  ]),
  ...rows('sensitive', 'ask', '绝对化的断言需要依据', [
    ...['绝对安全', '万无一失', '零风险', '确保不发生任何事故', '百分之百安全'],
  ]),
  ...rows('sensitive', 'ask', '嫌疑阶段不能作有罪表述（刑事诉讼法第十二条）', [
    ...['犯罪分子', '畏罪潜逃', '畏罪自杀'],
  ]),
]

/** 2018 年机构改革, in the counties by the beginning of 2019; 金融监管 2023. */
const ORGANISATIONS = [
  ...rows(
    'organisation',
    'hint',
    '2019 年机构改革后已更名',
    [
      ['安全生产监督管理局', '应急管理局'],
      ['安全监管局', '应急管理局'],
      ['安监局', '应急管理局'],
      ['国家安全生产监督管理总局', '应急管理部'],
      ['国家安监总局', '应急管理部'],
      ['公安消防总队', '消防救援总队'],
      ['公安消防支队', '消防救援支队'],
      ['公安消防大队', '消防救援大队'],
      ['国土资源局', '自然资源和规划局'],
      ['环境保护局', '生态环境局'],
      ['环保局', '生态环境局'],
      ['环境保护部', '生态环境部'],
      ['工商行政管理局', '市场监督管理局'],
      ['质量技术监督局', '市场监督管理局'],
      ['食品药品监督管理局', '市场监督管理局'],
      ['卫生和计划生育局', '卫生健康局'],
      ['卫计局', '卫生健康局'],
      ['国土资源部', '自然资源部'],
      ['民政部救灾司', '应急管理部'],
      ['国家旅游局', '文化和旅游部'],
    ],
    { since: '2019-01-01' },
  ),
  ...rows('organisation', 'hint', '2018 年机构改革后已更名', [['农业部', '农业农村部']], {
    ...{ unless: ['农业部门', '农业部分'], since: '2019-01-01' },
  }),
  ...rows(
    'organisation',
    'hint',
    '2023 年机构改革后已更名',
    [
      ['中国银行保险监督管理委员会', '国家金融监督管理总局'],
      ['银保监会', '金融监管总局'],
      ['国家乡村振兴局', '农业农村部'],
    ],
    { since: '2023-03-01' },
  ),
]

const HEALTH = rows('health', 'ask', '个人的健康情况属于敏感个人信息（个人信息保护法第二十八条）', [
  ...['艾滋病', 'HIV', '梅毒', '乙肝', '肺结核', '精神分裂', '抑郁症', '癫痫', '癌症', '恶性肿瘤'],
  ...['白血病', '尿毒症', '确诊', '病历', '住院号', '怀孕', '流产', '血型', '残疾证', '尘肺'],
  ...['职业病诊断', '体检结果', '基因检测', '重度烧伤', '截肢', '植物人'],
])

export const DICTIONARY: readonly DictionaryWord[] = [
  ...SECRECY,
  ...SECRECY_DEGREES,
  ...WRONG,
  ...SENSITIVE,
  ...ORGANISATIONS,
  ...HEALTH,
]

const WORD_CHARACTERS_MAX = 60

/** Undefined when an agency's own word may be added. */
export function whyNotAWord(word: DictionaryWord): 'missing' | 'too-long' | undefined {
  const texts = [word.word, word.instead ?? '', ...(word.unless ?? [])]
  // One character alone would be found in every other sentence.
  if (word.word.trim().length < 2 || word.why.trim() === '') return 'missing'
  return texts.some((text) => text.length > WORD_CHARACTERS_MAX) ? 'too-long' : undefined
}
