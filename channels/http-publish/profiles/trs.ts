/** TRS 海云 / WCM data exchange. The frame, the services and the names of the main fields are those public
 *  programs call it with; the vendor's document (海云 V8.0 DataExchange 说明) is public by its contents list
 *  only, so answers, the search and the extra field are 待核. */
import type { ProfileSource } from '../profile.ts'

/** One frame for every service; the caller is known by its address, the author by CRUSER. */
const call = (service: string, method: string, parameters: string) =>
  ({
    method: 'POST',
    url: '{{base}}/govcenter.do',
    query: { CRUSER: '{{constant.user}}' },
    body: {
      kind: 'xml',
      content: `<post-data><method type="${method}">${service}</method><parameters>${parameters}</parameters></post-data>`,
    },
  }) as const

/** `0` makes a document, its number changes it; 20 is a document of HTML. */
const save = (id: string) =>
  call(
    'wcm6_document',
    'save',
    `<ObjectId>${id}</ObjectId><ChannelId>{{column}}</ChannelId><DocType>20</DocType><DocTitle>{{title}}</DocTitle><DocHtmlCon>{{body}}</DocHtmlCon><DocAbstract>{{summary}}</DocAbstract><DocKeywords>{{keywords}}</DocKeywords><DocSourceName>{{publisher}}</DocSourceName><DocRelTime>{{publishedOn}}</DocRelTime><DuolingId>{{externalId}}</DuolingId>`,
  )
const DONE = { value: { xml: 'reports/is_success' }, in: ['true'] }
const TARGET = '<ObjectIds>{{reference}}</ObjectIds>'
/** 605 is the kind of a document. */
const publish = {
  ...call('wcm6_publish', 'directPublish', `${TARGET}<ObjectType>605</ObjectType>`),
  success: DONE,
}

export const trs: ProfileSource = {
  name: '拓尔思 TRS 海云、WCM',
  note: '服务名、方法名和主要字段见于公开的调用程序；回答的写法、按外部编号查询、扩展字段 DuolingId、撤销发布均待核',
  constants: ['user'],
  fields: {
    title: { required: true, charactersMax: 200 },
    body: { required: true, as: 'html' },
    summary: {},
    keywords: {},
    column: { required: true, number: true },
    publisher: { required: true },
    publishedOn: {},
    externalId: { required: true },
  },
  success: { value: { xml: 'result' } },
  code: { xml: 'fault/code' },
  message: { xml: 'fault/message' },
  errors: [
    {
      value: { header: 'TRSNotLogin' },
      in: ['true'],
      class: 'account',
      advice: '平台不认可本机，请平台方把本机地址加入信任 IP，并核对用户名',
    },
    { value: { xml: 'fault/message' }, contains: '没有找到', class: 'absent' },
    { value: { xml: 'fault/message' }, class: 'message' },
    { value: { header: 'TRSException' }, in: ['true'], class: 'unsure' },
  ],
  idempotency: 'query-before-create',
  steps: {
    query: {
      ...call(
        'wcm6_viewdocument',
        'query',
        '<ChannelIds>{{column}}</ChannelIds><DuolingId>{{externalId}}</DuolingId>',
      ),
      read: {
        reference: { xml: 'viewdocuments/viewdocument/docid' },
        foundId: { xml: 'viewdocuments/viewdocument/duolingid' },
        url: { xml: 'viewdocuments/viewdocument/docpuburl' },
      },
      success: { value: { xml: 'viewdocuments/num' } },
    },
    create: { ...save('0'), read: { reference: { xml: 'result' } } },
    publish,
    // The page is made after the answer, so that its address is asked for by itself.
    locate: {
      ...call('wcm6_document', 'findById', '<ObjectId>{{reference}}</ObjectId>'),
      read: { url: { xml: 'document/docpuburl' } },
      success: { value: { xml: 'document/docid' } },
    },
    update: [save('{{reference}}'), publish],
    // 撤销发布 takes the page away; the recycle bin then keeps the document from being published again.
    withdraw: [
      {
        ...call('wcm6_publish', 'recallPublish', `${TARGET}<ObjectType>605</ObjectType>`),
        success: DONE,
      },
      {
        ...call(
          'wcm6_document',
          'delete',
          `${TARGET}<ChannelId>{{column}}</ChannelId><drop>false</drop>`,
        ),
        success: DONE,
      },
    ],
  },
}
