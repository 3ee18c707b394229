/** The one stylesheet of the public pages. A page links it by its hash; a page put earlier carries an
 *  older hash and is given the present sheet, so that all pages look alike after an update. */
import { sha256Hex } from '../kit/hash.ts'

const COLOURS = `:root{--brand:#123b6d;--link:#0b5cad;--ink:#1a1d21;--ink2:#4a5360;--line:#d5dae0;--soft:#f3f6f9;
--red:#c8161d;--red-text:#a50f15;--orange:#f58220;--orange-edge:#8a3b00;--yellow:#ffd100;--yellow-edge:#6b4e00;--blue:#1558b0}`

const GROUND = `*{box-sizing:border-box}
html{font-size:112.5%;-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;color:var(--ink);background:#fff;line-height:1.75;overflow-wrap:anywhere;
font-family:system-ui,-apple-system,"PingFang SC","HarmonyOS Sans SC","MiSans","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC",sans-serif}
a{color:var(--link);text-underline-offset:.2em}a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
h1,h2,h3{line-height:1.4;margin:1.6em 0 .6em;font-weight:600}h1{font-size:1.56rem;margin-top:.6em}.item h1{margin-top:.4em}h2{font-size:1.2rem}h3{font-size:1rem}
p,ul,ol,figure,blockquote{margin:0 0 1em}
time,.count,td{font-variant-numeric:tabular-nums}
.wrap{max-width:62rem;margin:0 auto;padding:0 1rem}
.skip{position:absolute;left:-100rem}.skip:focus{left:0;top:0;padding:.6rem 1rem;background:#fff;z-index:1}`

const FRAME = `.practice{margin:0;padding:.3rem 1rem;text-align:center;background:#fff8d6;color:#6b4e00;border-bottom:2px solid #6b4e00;font-size:.9rem}
.top{background:var(--brand);color:#fff}.top .wrap{padding-top:1.1rem;padding-bottom:.9rem}
.top a{color:#fff;text-decoration:none}.top a:hover{text-decoration:underline}.top :focus-visible{outline-color:#fff}
.name{margin:0;font-size:1.34rem;font-weight:600;line-height:1.4}.name small{display:block;font-size:.8rem;font-weight:400}
.top ul{display:flex;flex-wrap:wrap;gap:0 1.4rem;margin:.5rem 0 0;padding:0;list-style:none;font-size:.9rem}
.top li a{display:block;padding:.35rem 0}
.crumbs{margin:1rem 0 .8rem;font-size:.85rem;color:var(--ink2)}
main{min-height:60vh;padding:.2rem 0 2.5rem;outline-offset:0}
.foot{border-top:4px solid var(--brand);background:var(--soft);padding:1rem 0 1.5rem;font-size:.85rem;color:var(--ink2)}.foot p{margin:.2rem 0}
.sheet{display:none}`

const LISTS = `.lines{list-style:none;margin:0 0 1.2rem;padding:0}
.lines li{display:flex;gap:.1rem 1.2rem;justify-content:space-between;padding:.55rem 0;border-bottom:1px solid var(--line)}
.lines a{min-width:0}.lines .when{flex:none;color:var(--ink2);font-size:.9rem}
.tag{font-size:.8rem;color:var(--ink2);white-space:nowrap}.tag.corrected{color:var(--orange-edge)}
.columns{display:grid;grid-template-columns:repeat(auto-fill,minmax(13.5rem,1fr));gap:0 1.6rem;list-style:none;padding:0}
.columns li{display:flex;justify-content:space-between;border-bottom:1px solid var(--line)}.columns a{padding:.5rem 0;flex:1}
.columns .count{align-self:center;color:var(--ink2);font-size:.85rem}
.years,.pages{display:flex;flex-wrap:wrap;gap:.4rem;list-style:none;padding:0;font-size:.9rem}
.years a,.years b,.pages a,.pages b,.pages span{display:block;min-width:2.45rem;padding:.3rem .7rem;text-align:center;border:1px solid #828b96;border-radius:6px}
.years b,.pages b{background:var(--brand);border-color:var(--brand);color:#fff}.pages span{border-color:transparent;color:var(--ink2)}`

const WARNINGS = `.strip{border:1px solid var(--line);border-left:6px solid #4b5563;border-radius:6px;padding:.7rem 1rem;margin:1.2rem 0}
.strip h2{margin:0 0 .3rem;font-size:1rem}.strip p{margin:0}.strip ul{list-style:none;margin:0;padding:0}
.strip li{display:flex;flex-wrap:wrap;gap:.1rem .7rem;align-items:center;padding:.4rem 0}
.level{display:inline-block;margin:0;padding:.05rem .7rem;border:2px solid;border-radius:6px;font-weight:600;font-size:.9rem;white-space:nowrap}
.level::before{margin-right:.35em}.level.red{background:var(--red);color:#fff;border-color:var(--red-text)}.level.red::before{content:"";display:inline-block;width:.75em;height:.75em;background:currentColor;clip-path:polygon(30% 0,70% 0,100% 30%,100% 70%,70% 100%,30% 100%,0 70%,0 30%)}
.level.orange{background:var(--orange);color:#000;border-color:var(--orange-edge)}.level.orange::before{content:"▲"}
.level.yellow{background:var(--yellow);color:#000;border-color:var(--yellow-edge)}.level.yellow::before{content:"◆"}
.level.blue{background:var(--blue);color:#fff;border-color:#0f4285}.level.blue::before{content:"●"}`

const ARTICLE = `.item,.plain{max-width:38em}
.item h1{margin-bottom:.8em}
.note{border-left:6px solid var(--orange-edge);background:#fff1e3;color:#5c2800;padding:.6rem 1rem;border-radius:0 6px 6px 0}
.note.mode{border-color:#4b5563;background:#f1f3f5;color:var(--ink);font-weight:600}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:0 1.6rem;margin:0 0 1.8rem;padding:.7rem 1rem;background:var(--soft);border-radius:6px;font-size:.85rem}
.facts div:first-child{grid-column:1/-1}.facts div{display:flex;gap:.8rem;padding:.15rem 0}.facts dt{flex:none;width:6.2em;color:var(--ink2)}.facts dd{margin:0;min-width:0}
.body img{max-width:100%;height:auto}figcaption{color:var(--ink2);font-size:.85rem}
.quote blockquote{margin:0;padding:.4rem 1rem;border-left:6px solid var(--blue);background:#e8f1fc}.quote blockquote p{margin:0}.quote figcaption{padding-top:.4rem}
.wide{overflow-x:auto;margin:0 0 1em}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{border:1px solid #828b96;padding:.35rem .7rem;text-align:left;vertical-align:top;min-width:2.6em}th{white-space:nowrap;background:var(--soft);font-weight:600}
.files{margin-top:2rem;padding-top:.2rem;border-top:1px solid var(--line)}.files h2{margin:.8em 0 .4em}.files ul{padding-left:1.2em}
.status{margin:0 0 .7rem;color:var(--ink2);font-size:.85rem}`

const OCCASIONS = `@media(max-width:36rem){h1{font-size:1.34rem}.lines li{display:block}.lines .when{display:block}.facts{grid-template-columns:1fr}.columns a,.years a,.pages a,.top li a{min-height:44px;padding-top:.5rem}}
@media(prefers-reduced-motion:reduce){*{transition:none!important;animation:none!important;scroll-behavior:auto!important}}
@media(forced-colors:active){.level,.strip,.note,.practice,.years b,.pages b{border:2px solid CanvasText}}
@media print{html{font-size:11pt}.top,.skip,.crumbs,.years,.pages,.foot nav{display:none}.sheet{display:block}.item,.wrap{max-width:none}.facts,.note,.foot{background:none;border:1px solid #000}.level{background:none!important;color:#000!important;border-color:#000!important}a{color:#000}.wide{overflow:visible}}`

export const STYLE = [COLOURS, GROUND, FRAME, LISTS, WARNINGS, ARTICLE, OCCASIONS].join('\n')

const STYLE_HASH = sha256Hex(STYLE).slice(0, 16)
export const STYLE_ETAG = `"${STYLE_HASH}"`

/** From the portal's root. */
export const STYLE_PATH = `style/${STYLE_HASH}.css`

export function isPresentStyle(name: string): boolean {
  return name === `${STYLE_HASH}.css`
}

/** 木铎: the wooden-tongued bell. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="6" fill="#123b6d"/><path d="M14 5h4v3a8 8 0 0 1 6 8v7l2 2H6l2-2v-7a8 8 0 0 1 6-8zm-1 21h6l-3 3z" fill="#fff"/></svg>`
