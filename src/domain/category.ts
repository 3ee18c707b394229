/** 事项: kinds of bulletin. Presets measure word, required fields and where it counts differently. */

export interface Category {
  readonly id: string
  readonly name: string
  /** 量词: 条 · 件 · 起 · 个 · 家 · 篇 · 份 */
  readonly measureWord: string
  readonly requiredFields: readonly string[]
  /** 条线 → category: a penalty counts as exposure on the official account (DESIGN §9) */
  readonly lineCategories: { readonly [line: string]: string }
}

function category(
  id: string,
  name: string,
  measureWord: string,
  more: { requiredFields?: readonly string[]; lineCategories?: Record<string, string> } = {},
): Category {
  return {
    id,
    name,
    measureWord,
    requiredFields: more.requiredFields ?? [],
    lineCategories: more.lineCategories ?? {},
  }
}

/** The categories every new agency starts with; agencies add their own. */
export const DEFAULT_CATEGORIES: readonly Category[] = [
  category('work-news', '工作动态', '条'),
  category('notice', '通知公告', '条'),
  category('licence', '行政许可通知', '条'),
  category('plan-summary', '计划总结', '条'),
  category('law-publicity', '法规宣传', '条'),
  category('policy-reading', '政策解读', '篇'),
  category('finance', '财政预决算', '条'),
  category('annual-report', '年度报告', '份'),
  category('system-document', '公开指南和制度', '份'),
  category('penalty', '行政处罚案件', '件', { lineCategories: { 'wechat-official': 'exposure' } }),
  category('exposure', '违法行为曝光', '起'),
  category('hazard-exposure', '隐患曝光', '起'),
  category('hazard-list', '隐患挂牌', '条', { requiredFields: ['entries'] }),
  category('accident-report', '事故调查报告', '个', {
    lineCategories: { 'service-network': 'accident-handling' },
  }),
  category('accident-handling', '事故调查处理信息', '件'),
  category('accident-flash', '事故快报', '条'),
  category('rescue', '应急处置救援', '条'),
  category('warning', '预警预防信息', '条', { requiredFields: ['body'] }),
  category('safety-reminder', '安全风险提醒', '条', { requiredFields: ['body'] }),
  category('safety-knowledge', '安全知识', '条'),
  category('response', '回应关切', '条'),
  category('other', '其他', '条'),
]

/** The category a publication carries on a line. */
export function categoryOnLine(own: Category, line: string): string {
  return own.lineCategories[line] ?? own.id
}
