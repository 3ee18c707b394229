/** The one stylesheet of sign-off, linked by its hash. Targets are at least 48 px high; colours follow the
 *  reader's setting, and no colour alone says anything. */
import { sha256Hex } from '../../kit/hash.ts'

const COLOURS = `:root{color-scheme:light dark;--brand:#123b6d;--link:#0b5cad;--ink:#1a1d21;--ink2:#4a5360;--paper:#fff;--ground:#eef1f5;--line:#d5dae0;--edge:#828b96;
--good:#0b6b3a;--good-soft:#e8f5ee;--bad:#b3131a;--bad-soft:#fdecec;--calm-soft:#e8f1fc;--add:#d7f2e0;--cut:#fbdcdc;--act:#123b6d;--act-ink:#fff}
@media(prefers-color-scheme:dark){:root{--link:#7db4f5;--ink:#e6e9ed;--ink2:#aeb6c0;--paper:#1d2329;--ground:#14181d;--line:#38414b;--edge:#7a8490;
--good:#7fd6a4;--good-soft:#16301f;--bad:#ff8a8a;--bad-soft:#3a1a1c;--calm-soft:#17283d;--add:#1c4a2e;--cut:#5a2224;--act:#7db4f5;--act-ink:#0c1622}}`

const GROUND = `*{box-sizing:border-box}[hidden]{display:none!important}html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;color:var(--ink);background:var(--ground);font-size:17px;line-height:1.65;overflow-wrap:anywhere;
font-family:system-ui,-apple-system,"PingFang SC","HarmonyOS Sans SC","MiSans","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",sans-serif;font-variant-numeric:tabular-nums}
main{max-width:46rem;margin:0 auto;padding:.75rem .75rem 2.5rem}
h1{font-size:1.35rem;line-height:1.4;margin:.3rem 0 .6rem;font-weight:600}h2{font-size:1.06rem;margin:0 0 .5rem;font-weight:600}h3{font-size:1rem;margin:.8rem 0 .2rem}
p{margin:0 0 .6rem}a{color:var(--link);text-underline-offset:.2em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
small,.small{font-size:.86rem;color:var(--ink2)}ul{margin:0;padding:0;list-style:none}
.pre{white-space:pre-wrap}`

const FRAME = `.practice{margin:0;padding:.35rem .75rem;text-align:center;font-size:.92rem;font-weight:600;background:#fff8d6;color:#6b4e00;border-bottom:3px dashed #6b4e00}
.practice.mode{background:repeating-linear-gradient(135deg,#e9ecef 0 14px,#d8dde3 14px 28px);color:#1a1d21;border-color:#1a1d21;font-size:1.05rem}
.top{display:flex;justify-content:space-between;align-items:center;gap:.5rem;background:var(--brand);background:#123b6d;color:#fff;padding:0 .75rem;min-height:56px}
.top .brand{margin:0;font-weight:600;font-size:1.06rem}.top a{display:flex;align-items:center;min-height:48px;min-width:48px;color:#fff;text-decoration:none;padding-right:.6rem}
.top form{display:flex;align-items:center;gap:.4rem;margin:0}.top .plain{background:none;border:1px solid #b8c6d8;color:#fff;min-height:48px;padding:0 .9rem;border-radius:8px}
.top :focus-visible{outline-color:#fff}
.box{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:.85rem .9rem;margin:0 0 .75rem}
.box>:last-child,.box>section>:last-child{margin-bottom:0}
form+.box{margin-top:1rem}
.notice{border-left:6px solid;border-radius:6px;padding:.7rem .9rem;margin:0 0 .75rem;font-weight:600}
.notice.good{background:var(--good-soft);border-color:var(--good);color:var(--good)}.notice.bad{background:var(--bad-soft);border-color:var(--bad);color:var(--bad)}
.notice.calm{background:var(--calm-soft);border-color:var(--link);color:var(--ink)}`

const FORMS = `button,.button{display:flex;align-items:center;justify-content:center;font:inherit;font-weight:600;min-height:52px;padding:.4rem 1.1rem;border:2px solid var(--act);border-radius:8px;background:var(--act);color:var(--act-ink);text-align:center;text-decoration:none;cursor:pointer}
.button.quiet,button.quiet{background:var(--paper);color:var(--link);border-color:var(--edge)}
.button.danger{background:var(--paper);color:var(--bad);border-color:var(--bad)}button.danger{background:#b3131a;border-color:#b3131a;color:#fff}
.wide{width:100%}label{display:block}.field{margin:0 0 .9rem}.field>label{font-weight:600;margin-bottom:.25rem}
input[type=text],input[type=password],textarea,select{display:block;width:100%;min-height:52px;font:inherit;color:var(--ink);background:var(--paper);border:2px solid var(--edge);border-radius:8px;padding:.5rem .75rem}
textarea{min-height:6rem;resize:vertical}.pin input{font-size:1.7rem;letter-spacing:.5em;text-align:center}
.choice{display:flex;align-items:center;gap:.7rem;min-height:48px;padding:.35rem .75rem;border:1px solid var(--edge);border-radius:8px;margin:0 0 .5rem;cursor:pointer;background:var(--paper)}
.choice input{flex:none;width:22px;height:22px;margin:0;accent-color:var(--act)}.choice:focus-within{outline:3px solid var(--link);outline-offset:2px}
fieldset{border:0;margin:0 0 .9rem;padding:0;min-width:0}legend{font-weight:600;padding:0;margin-bottom:.35rem}`

const LISTS = `.card{background:var(--paper);border:1px solid var(--line);border-left:6px solid var(--edge);border-radius:10px;margin:0 0 .75rem;overflow:hidden}
.card.red{border-left-color:#c8161d}.card.orange{border-left-color:#f58220}.card.yellow{border-left-color:#ffd100}.card.blue{border-left-color:#1558b0}
.card>a{display:block;padding:.75rem .9rem;color:var(--ink);text-decoration:none;min-height:48px}.card>a:hover .title{text-decoration:underline}
.card .title{display:block;font-weight:600;font-size:1.08rem;line-height:1.45}.card .choice{border-width:1px 0 0;border-radius:0;border-color:var(--line);margin:0;padding-left:.9rem}
.tags{display:flex;flex-wrap:wrap;gap:.35rem;align-items:center;margin:0 0 .35rem}.tag{border:1px solid var(--edge);border-radius:6px;padding:0 .5rem;font-size:.86rem;color:var(--ink2)}
.tag.mode{border:2px solid var(--ink);color:var(--ink);font-weight:600}
.level{display:inline-flex;align-items:center;gap:.35em;padding:0 .55rem;border:2px solid;border-radius:6px;font-weight:600;font-size:.92rem}
.level::before{content:"";width:.9em;height:.9em;background:currentColor}
.level.red{background:#c8161d;color:#fff;border-color:#a50f15}.level.red::before{clip-path:polygon(30% 0,70% 0,100% 30%,100% 70%,70% 100%,30% 100%,0 70%,0 30%)}
.level.orange{background:#f58220;color:#000;border-color:#8a3b00}.level.orange::before{clip-path:polygon(50% 0,100% 100%,0 100%)}
.level.yellow{background:#ffd100;color:#000;border-color:#6b4e00}.level.yellow::before{clip-path:polygon(50% 0,100% 50%,50% 100%,0 50%)}
.level.blue{background:#1558b0;color:#fff;border-color:#0f4285}.level.blue::before{border-radius:50%}
.links a{display:flex;align-items:center;min-height:48px;padding:.3rem 0;border-top:1px solid var(--line)}.links li:first-child a{border-top:0}.links .small{display:inline-block}`

const SHEET = `dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem .9rem;margin:0}dt{color:var(--ink2)}dd{margin:0;min-width:0}
.say{font-size:1.12rem;font-weight:600;margin:0 0 .4rem}.say b{color:var(--link)}
.opinion{padding:.4rem 0;border-top:1px solid var(--line)}.opinion:first-child{border-top:0}.opinion p{margin:0}
details{border-top:1px solid var(--line)}details:first-of-type{border-top:0}summary{display:flex;align-items:center;gap:.6rem;min-height:52px;cursor:pointer;font-weight:600}
summary::before{content:"▸";color:var(--ink2)}details[open]>summary::before{content:"▾"}summary small{margin-left:auto;font-weight:400;text-align:right}
.bubble{background:#f3f6f9;color:#1a1d21;border:1px solid #d5dae0;border-radius:10px;padding:.65rem .8rem;margin:0 0 .6rem;white-space:pre-wrap}
ins{background:var(--add);text-decoration:underline;text-decoration-thickness:2px}del{background:var(--cut);text-decoration:line-through}
.more{display:inline-flex;align-items:center;min-height:48px;font-weight:600}.loss{color:var(--bad)}
.acts{position:sticky;bottom:0;display:flex;gap:.5rem;margin:0 -.75rem;padding:.6rem .75rem calc(.6rem + env(safe-area-inset-bottom));background:var(--ground);border-top:1px solid var(--line)}
.acts a{flex:1;padding:.4rem}.acts .main{flex:2}
.result{display:flex;gap:.6rem;padding:.6rem 0;border-top:1px solid var(--line)}.result:first-child{border-top:0}.result b{flex:none;line-height:48px;font-size:1.2rem}.result.good b{color:var(--good)}.result.bad b{color:var(--bad)}
.pages{display:flex;justify-content:space-between;gap:.5rem;margin-top:.6rem}`

const OCCASIONS = `@media(min-width:60rem){main{padding-top:1.25rem}.acts{position:static;margin:0;padding:.75rem 0 0;background:none;border:0}}
@media(prefers-reduced-motion:reduce){*{transition:none!important;animation:none!important}}
@media(forced-colors:active){.level,.notice,.practice,.card,button,.button{border:2px solid CanvasText}}`

export const STYLE = [COLOURS, GROUND, FRAME, FORMS, LISTS, SHEET, OCCASIONS].join('\n')

const STYLE_HASH = sha256Hex(STYLE).slice(0, 16)

/** From `/sign/`. */
export const STYLE_PATH = `style/${STYLE_HASH}.css`

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#123b6d"/><path d="M7 24c3-1 4-4 6-8s5-8 8-8c2 0 3 2 2 4-2 4-7 6-10 7 3 2 7 4 12 3" fill="none" stroke="#fff" stroke-width="2.4" stroke-linecap="round"/></svg>`
