/** Pages that say no, in plain words: what is the matter and where to go on. */
import { html, raw } from 'hono/html'
import { refusal } from './answers.ts'
import { markup, wholePage } from './layout.ts'
import type { Site } from './site.ts'

export async function notFound(site: Site, path: string): Promise<Response> {
  return refusal(
    404,
    await page(site, path, '没有找到这个页面', [
      '地址可能写错了，或者这条信息从未在这里公开过。',
      '可以回到首页，从栏目里查找；也可以按公开指南向本机关申请公开。',
    ]),
  )
}

/** 紧急停发: the address answers, the content is gone, and nobody may keep either. */
export async function stopped(site: Site, path: string): Promise<Response> {
  return refusal(
    410,
    await page(site, path, '本信息已停止发布', [
      '发布机关已停止发布这条信息，请不要引用或转发此前看到的内容。',
      '需要了解最新情况，请查看首页的最新公开，或联系发布机关。',
    ]),
  )
}

export async function wrongMethod(site: Site, path: string): Promise<Response> {
  const body = await page(site, path, '这里只能查看', ['公开页面只供阅读，不接受提交的内容。'])
  return refusal(405, body, { allow: 'GET, HEAD' })
}

/** Says nothing of the fault: whoever runs the portal finds it in the log. */
export async function unavailable(site: Site, path: string): Promise<Response> {
  const body = await page(site, path, '页面暂时打不开', [
    '公开平台正在恢复，请过一会儿再打开这个地址。',
  ]).catch(
    () =>
      '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>页面暂时打不开</title><h1>页面暂时打不开</h1><p>公开平台正在恢复，请过一会儿再打开这个地址。</p></html>',
  )
  return refusal(503, body, { 'retry-after': '30' })
}

async function page(
  site: Site,
  path: string,
  title: string,
  sentences: readonly string[],
): Promise<string> {
  const frame = await site.frame('', path)
  return wholePage(frame, {
    title,
    crumbs: [{ name: title }],
    tags: [['robots', 'noindex']],
    main: markup(html`<div class="plain"><h1>${title}</h1>
${sentences.map((sentence) => html`<p>${sentence}</p>\n`)}<p><a href="${frame.root}">回到首页</a>${raw('　')}<a href="${frame.root}list/system-document">公开指南和制度</a></p></div>`),
  })
}
