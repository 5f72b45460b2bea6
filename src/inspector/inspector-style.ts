/** The style of the inspector, in addition to that of timelines. */
export function inspectorStyle(): string {
  return `.top{display:flex;flex-wrap:wrap;gap:.2rem 1rem;align-items:center;padding:.3rem 1rem;background:var(--box);border-bottom:1px solid var(--line)}
.top p{margin:0;color:var(--faint);flex:1}
[hidden]{display:none!important}
button,select,input{font:inherit;color:var(--text);background:var(--box);border:1px solid var(--faint);border-radius:4px;padding:.2rem .7rem}
button{cursor:pointer}
button:hover{border-color:var(--accent)}
form{display:grid;gap:.5rem;max-width:24rem;margin:3rem auto;padding:0 1rem}
#work{display:grid;grid-template-columns:minmax(15rem,22rem) minmax(0,1fr);align-items:start}
nav{padding:.7rem 1rem;border-right:1px solid var(--line);position:sticky;top:0;max-height:100vh;overflow:auto}
main{margin:0;max-width:none}
main:focus{outline:none}
ul{list-style:none;margin:.5rem 0;padding:0}
li button{display:block;width:100%;text-align:left;margin:.25rem 0;border-color:var(--line)}
li button[aria-current=true]{border-color:var(--accent);box-shadow:inset 4px 0 0 var(--accent)}
li strong{display:block;font-weight:600;overflow-wrap:anywhere;unicode-bidi:isolate}
li span{display:block;font-size:.85em;color:var(--faint);overflow-wrap:anywhere}
li .waits{color:var(--text)}
li .bad,[role=alert]{color:var(--bad)}
[role=alert]:empty{display:none}
#actions{display:flex;flex-wrap:wrap;gap:.5rem;margin:.7rem 0}
#writing:empty{display:none}
.row.open{border-style:dashed}
#rows .row{content-visibility:auto;contain-intrinsic-size:auto 4rem}
@media (max-width:48rem){#work{grid-template-columns:1fr}nav{position:static;max-height:16rem;border-right:0;border-bottom:1px solid var(--line)}}
`;
}
