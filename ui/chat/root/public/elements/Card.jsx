// Draws one card from typed blocks (ui/chat/cards/blocks.py). All text is data: React escapes it; nothing is HTML.
import { useEffect, useRef, useState } from "react"

// On a telephone a chart is drawn for its width: scaled down from a wide one its words could not be read.
const NARROW = window.innerWidth < 640
const W = NARROW ? 300 : 520
const MOST_LABELS = NARROW ? 4 : 6
const H = 186
const PAD = { left: 72, right: 12, top: 12, bottom: 46 }

function scale(lo, hi, from, to) {
  const span = hi - lo || 1
  return (v) => from + ((v - lo) / span) * (to - from)
}

// As the card's language writes it, whatever the browser's own is.
function short(v, lang) {
  if (Math.abs(v) >= 1000) return Math.round(v).toLocaleString(lang)
  return Number(v.toPrecision(3)).toLocaleString(lang, { maximumSignificantDigits: 3 })
}

function Axes({ x, y, xs, ys, block, lang }) {
  return (
    <g className="fa-axis">
      {ys.map((v) => (
        <g key={"y" + v}>
          <line x1={PAD.left} x2={W - PAD.right} y1={y(v)} y2={y(v)} />
          <text x={PAD.left - 6} y={y(v) + 4} textAnchor="end">{short(v, lang)}</text>
        </g>
      ))}
      {xs.map((v, i) => (
        <text key={"x" + v} x={x(v)} y={H - 28} textAnchor={i === xs.length - 1 ? "end" : "middle"}>{short(v, lang)}</text>
      ))}
      <text x={W - PAD.right} y={H - 5} textAnchor="end">{block.x_label}</text>
      {block.y_label ? <text x={NARROW ? 0 : PAD.left} y={H - 5}>{block.y_label}</text> : null}
    </g>
  )
}

// The card brings the drawing's own words in its language; a card stored before it did is drawn in English.
const ENGLISH = {
  confidence: "confidence", as_table: "as a table", table: "table", examples: "examples", copy: "copy", copied: "copied",
  unreachable: "That did not reach the server. Check that it runs, then try again.",
}

// A word of the field: its meaning by pointer, by focus, by touch; Escape closes it. It stays while the pointer is on it.
function Term({ text, meaning }) {
  const [at, setAt] = useState(null)
  const box = useRef(null)
  const name = useRef("fa-term-" + Math.random().toString(36).slice(2))
  const open = () => {
    const card = box.current.closest(".fa-card")
    const left = Math.max(8, Math.min(box.current.offsetLeft, card.clientWidth - 304))
    setAt({ left, top: box.current.offsetTop + box.current.offsetHeight })
  }
  const close = () => setAt(null)
  return (
    <span onMouseEnter={open} onMouseLeave={close} onKeyDown={(e) => e.key === "Escape" && close()}>
      <dfn ref={box} className="fa-term" tabIndex={0} aria-describedby={name.current} onFocus={open} onBlur={close} onClick={open}>{text}</dfn>
      <span id={name.current} role="tooltip" className="fa-meaning" hidden={!at} style={at || undefined}>{meaning}</span>
    </span>
  )
}

// Text in which the words that the server found are explained: [start, end, meaning], in order.
function Rich({ text, terms }) {
  if (!terms || !terms.length) return text
  const parts = []
  let done = 0
  for (const [from, to, meaning] of terms) {
    parts.push(text.slice(done, from), <Term key={from} text={text.slice(from, to)} meaning={meaning} />)
    done = to
  }
  return <>{parts}{text.slice(done)}</>
}

function DataTable({ columns, rows, caption, label }) {
  return (
    <div className="fa-scroll" tabIndex={0} role="region" aria-label={caption || label}>
      <table className="fa-table">
        {caption ? <caption><span className="fa-caption">{caption}</span></caption> : null}
        <thead>
          <tr>{columns.map((c, i) => <th key={i} scope="col">{c}</th>)}</tr>
        </thead>
        <tbody>
          {rows.map((r, i) => (
            <tr key={i}>{r.map((c, j) => (j === 0 ? <th key={j} scope="row">{c}</th> : <td key={j}>{c}</td>))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Lines({ block, words }) {
  const points = block.series.flatMap((s) => s.points)
  if (points.length < 2) return <p className="fa-muted">{block.alt}</p>
  const band = block.band || []
  const xs = points.map((p) => p[0])
  const ys = points.map((p) => p[1]).concat(band.map((p) => p[2]))
  const [x0, x1, y1] = [Math.min(...xs), Math.max(...xs), Math.max(...ys)]
  const y0 = Math.min(0, ...ys)
  const x = scale(x0, x1, PAD.left, W - PAD.right)
  const y = scale(y0, y1, H - PAD.bottom, PAD.top)
  return (
    <figure className="fa-figure">
      <figcaption>{block.title}</figcaption>
      <svg viewBox={`0 0 ${W} ${H}`} role="img" aria-label={block.alt}>
        <Axes x={x} y={y} xs={[x0, (x0 + x1) / 2, x1]} ys={[y0, (y0 + y1) / 2, y1]} block={block} lang={words.lang} />
        {band.length ? (
          <polygon className="fa-band" points={band.map((p) => x(p[0]) + "," + y(p[2]))
            .concat([...band].reverse().map((p) => x(p[0]) + "," + y(p[1]))).join(" ")} />
        ) : null}
        {block.series.map((s, i) => (
          <g key={s.name} className={"fa-series fa-series-" + i}>
            <polyline points={s.points.map((p) => x(p[0]) + "," + y(p[1])).join(" ")} />
            {s.points.length <= 30 ? s.points.map((p, j) => <circle key={j} cx={x(p[0])} cy={y(p[1])} r={2.5} />) : null}
          </g>
        ))}
        {block.mark ? (
          <g className="fa-point">
            <line x1={x(block.mark.x)} x2={x(block.mark.x)} y1={H - PAD.bottom} y2={y(block.mark.y)} />
            <circle cx={x(block.mark.x)} cy={y(block.mark.y)} r={4} />
            <text x={x(block.mark.x)} y={Math.max(12, y(block.mark.y) - 10)}
              textAnchor={x(block.mark.x) > W / 2 ? "end" : "start"}>{block.mark.label}</text>
          </g>
        ) : null}
      </svg>
      <div className="fa-legend">
        {block.series.map((s, i) => <span key={s.name} className={"fa-key fa-key-" + i}>{s.name}</span>)}
      </div>
      <details>
        <summary>{words.as_table}</summary>
        {block.table ? <DataTable {...block.table} label={words.table} /> : block.series.map((s) => (
          <DataTable key={s.name} caption={s.name} columns={[block.x_label, s.name]}
            rows={s.points.slice(-25).map((p) => [String(p[0]), short(p[1], words.lang)])} />
        ))}
      </details>
    </figure>
  )
}

function Bars({ block, words }) {
  const high = Math.max(1, ...block.bars.map((b) => b.value))
  const width = (W - PAD.left - PAD.right) / Math.max(1, block.bars.length)
  const y = scale(0, high, H - PAD.bottom, block.limit_share != null ? PAD.top + 22 : PAD.top)
  return (
    <figure className="fa-figure">
      <figcaption>{block.title}</figcaption>
      <svg viewBox={`0 0 ${W} ${H}`} role="img" aria-label={block.alt}>
        <g className="fa-axis">
          <line x1={PAD.left} x2={W - PAD.right} y1={y(0)} y2={y(0)} />
          <text x={PAD.left - 6} y={y(high) + 4} textAnchor="end">{short(high, words.lang)}</text>
          <text x={W - PAD.right} y={H - 5} textAnchor="end">{block.x_label}</text>
        </g>
        {block.bars.map((b, i) => (
          <g key={i} className={b.beyond ? "fa-bar fa-beyond" : "fa-bar"}>
            <rect x={PAD.left + i * width + 1} width={Math.max(1, width - 2)} y={y(b.value)}
              height={Math.max(0, y(0) - y(b.value))} />
            {i % Math.ceil(block.bars.length / MOST_LABELS) === 0 ? (
              <text x={PAD.left + i * width + width / 2} y={H - 28} textAnchor="middle">{b.label}</text>
            ) : null}
          </g>
        ))}
        {block.limit_share != null ? (
          <g className="fa-limit">
            <line x1={PAD.left + block.limit_share * (W - PAD.left - PAD.right)} y1={PAD.top}
              x2={PAD.left + block.limit_share * (W - PAD.left - PAD.right)} y2={H - PAD.bottom} />
            <text x={PAD.left + block.limit_share * (W - PAD.left - PAD.right) + (block.limit_share < 0.3 ? 4 : -4)} y={PAD.top + 8}
              textAnchor={block.limit_share < 0.3 ? "start" : "end"}>
              {block.limit_label}
            </text>
          </g>
        ) : null}
      </svg>
      <details>
        <summary>{words.as_table}</summary>
        <DataTable label={words.table} columns={[block.x_label, words.examples]} rows={block.bars.map((b) => [b.range || b.label, short(b.value, words.lang)])} />
      </details>
    </figure>
  )
}

function Dots({ block, words }) {
  const [height, base] = [206, 180]
  const x = (v) => PAD.left + 14 + v * (W - PAD.left - PAD.right - 28)
  const y = scale(0, 1, base, PAD.top + 6)
  return (
    <figure className="fa-figure">
      <figcaption>{block.title}</figcaption>
      <svg viewBox={`0 0 ${W} ${height}`} role="img" aria-label={block.alt}>
        <g className="fa-axis">
          {[0, 0.5, 1].map((v) => (
            <g key={v}>
              <line x1={PAD.left} x2={W - PAD.right} y1={y(v)} y2={y(v)} />
              <text x={PAD.left - 6} y={y(v) + 4} textAnchor="end">{short(v, words.lang)}</text>
            </g>
          ))}
          {block.ticks.map((t, i) => <text key={i} x={x(t.at)} y={base + 15} textAnchor={t.at > 0.9 ? "end" : t.at < 0.1 ? "start" : "middle"}>{t.label}</text>)}
        </g>
        {block.dots.map((d) => (
          <g key={d.mark} className={d.control ? "fa-dot fa-dot-control" : "fa-dot"}>
            <title>{d.name}</title>
            {d.low == null ? null : <line x1={x(d.at)} x2={x(d.at)} y1={y(d.low)} y2={y(d.high)} />}
            {d.control ? <rect x={x(d.at) - 9} y={y(d.y) - 9} width={18} height={18} /> : <circle cx={x(d.at)} cy={y(d.y)} r={10} />}
            <text x={x(d.at)} y={y(d.y) + 4} textAnchor="middle">{d.mark}</text>
          </g>
        ))}
      </svg>
      <p className="fa-muted fa-under">{block.x_label}</p>
    </figure>
  )
}

function Buttons({ block, state, act }) {
  return (
    <div className="fa-buttons">
      {block.items.map((b, i) => {
        const clicked = state.clicked === b.label
        const dead = state.busy || (state.clicked && !b.again) || b.disabled
        return (
          <button key={i} type="button" className={"fa-button fa-" + b.style} disabled={dead}
            aria-pressed={clicked || undefined} title={b.hint || undefined} onClick={() => act(b)}>
            {clicked && b.done_label ? b.done_label : b.label}
          </button>
        )
      })}
    </div>
  )
}

function Options({ block, state, act }) {
  const [chosen, setChosen] = useState([])
  const [open, setOpen] = useState(null)
  const dead = state.busy || !!state.clicked || !!block.answered
  const send = (value, label, also) => act({ label, action: "answer", payload: { fact: block.fact, value, label, also } })
  const toggle = (v) => setChosen(chosen.includes(v) ? chosen.filter((c) => c !== v) : [...chosen, v])
  const one = (o) => (
    <button key={o.label} type="button" disabled={dead}
      className={"fa-button fa-plain" + (chosen.includes(o.value) ? " fa-chosen" : "")}
      aria-pressed={block.multi ? chosen.includes(o.value) : state.clicked === o.label || undefined}
      onClick={() => (block.multi ? toggle(o.value) : send(o.value, o.label, o.also))}>
      {o.label}
    </button>
  )
  // Many answers stand in a few groups; a group of one is that answer, and what was chosen stays in sight.
  const group = (g, i) => {
    const items = g.options.map((n) => block.items[n])
    if (items.length === 1) return one(items[0])
    const shown = open === i ? items : items.filter((o) => chosen.includes(o.value))
    return (
      <div key={g.label} className="fa-group">
        <button type="button" className="fa-button fa-plain fa-opens" disabled={dead} aria-expanded={open === i}
          onClick={() => setOpen(open === i ? null : i)}>
          {g.label}
        </button>
        {shown.length ? <div className="fa-buttons fa-inner" role="group" aria-label={g.label}>{shown.map(one)}</div> : null}
      </div>
    )
  }
  return (
    <div className="fa-buttons" role="group" aria-label={block.question}>
      {block.groups && block.groups.length ? block.groups.map(group) : block.items.map(one)}
      {block.multi ? (
        <button type="button" className="fa-button fa-primary" disabled={dead || chosen.length === 0}
          onClick={() => send(chosen, block.items.filter((o) => chosen.includes(o.value)).map((o) => o.label).join(", "))}>
          {block.confirm_label}
        </button>
      ) : null}
      <button type="button" className="fa-button fa-quiet" disabled={dead}
        onClick={() => send(null, block.unknown_label)}>{block.unknown_label}</button>
    </div>
  )
}

function Entries({ block, state, act }) {
  const [given, setGiven] = useState({})
  const filled = Object.values(given).some((v) => v.trim())
  const dead = state.busy || (block.once && !!state.clicked)
  const send = (e) => {
    e.preventDefault()
    if (filled) act({ label: block.button, action: block.action, again: !block.once, payload: { ...block.payload, given } })
  }
  return (
    <form className="fa-entries" onSubmit={send}>
      {block.items.map((it) => (
        <label key={it.name}>
          <span>{it.label}</span>
          {(it.choices || []).length ? (
            <select name={it.name} disabled={dead} defaultValue="" onChange={(e) => setGiven({ ...given, [it.name]: e.target.value })}>
              <option value="">{it.value}</option>
              {it.choices.map((c) => <option key={c} value={c}>{c}</option>)}
            </select>
          ) : <input type="text" inputMode={it.mode} name={it.name} placeholder={it.value} disabled={dead} autoComplete="off"
            onChange={(e) => setGiven({ ...given, [it.name]: e.target.value })} />}
        </label>
      ))}
      <button type="submit" className={"fa-button " + (block.once ? "fa-primary" : "fa-plain")} disabled={dead || !filled}>{block.button}</button>
    </form>
  )
}

function Code({ block, words }) {
  const [copied, setCopied] = useState(false)
  const copy = () => navigator.clipboard && navigator.clipboard.writeText(block.text).then(() => setCopied(true))
  return (
    <div className="fa-code">
      <pre tabIndex={0}>{block.text}</pre>
      <button type="button" className="fa-button fa-quiet" onClick={copy}>{copied ? words.copied : words.copy}</button>
    </div>
  )
}

function Block({ block, state, act }) {
  const words = state.words
  switch (block.kind) {
    case "verdict":
      return (
        <div className={"fa-verdict fa-tone-" + block.tone}>
          <p className="fa-sentence"><Rich text={block.sentence} terms={block.terms} /></p>
          {block.confidence ? <p className="fa-muted" title={block.meaning}>{words.confidence}: {block.confidence}{block.meaning ? " · " + block.meaning : ""}</p> : null}
        </div>
      )
    case "heading":
      return <h4 className="fa-heading">{block.text}</h4>
    case "text":
      return <p className={block.muted ? "fa-muted" : undefined}><Rich text={block.text} terms={block.terms} /></p>
    case "notice":
      return <p className={"fa-notice fa-tone-" + block.tone} role={block.tone === "bad" ? "alert" : undefined}>{block.text}</p>
    case "chips":
      return (
        <div className="fa-chips">
          <span className="fa-muted">{block.label}</span>
          {block.items.map((c, i) => (
            <span key={i} className="fa-chip" title={c.quote || undefined}><b>{c.label}</b> {c.value}</span>
          ))}
        </div>
      )
    case "ladder":
      return (
        <ol className="fa-ladder" aria-label={block.label}>
          {block.steps.map((s, i) => (
            <li key={i} className={"fa-rung fa-rung-" + s.state} title={s.why || undefined} aria-current={s.state === "here" ? "step" : undefined}>
              <span className="fa-mark" aria-hidden="true" />
              <span><Rich text={s.name} terms={s.terms} /></span>
              <span className="fa-state">{s.state_label}</span>
            </li>
          ))}
        </ol>
      )
    case "list":
      return (
        <div>
          {block.title ? <h4 className="fa-heading">{block.title}</h4> : null}
          <ul className="fa-list">
            {block.items.map((it, i) => (
              <li key={i}>
                {it.tag ? <span className={"fa-tag fa-tone-" + (it.tone || "plain")}>{it.tag}</span> : null}
                <Rich text={it.text} terms={it.terms} />
                {it.note ? <span className="fa-muted"> {it.note}</span> : null}
                {it.source ? (
                  <span className="fa-source"> {it.href ? <a href={it.href} target="_blank" rel="noopener noreferrer">{it.source}</a> : it.source}</span>
                ) : null}
                {it.excerpt ? <code className="fa-excerpt">{it.excerpt}</code> : null}
                {it.todo ? <span className="fa-todo">{it.todo}</span> : null}
              </li>
            ))}
          </ul>
        </div>
      )
    case "table":
      return <DataTable {...block} label={words.table} />
    case "bars":
      return <Bars block={block} words={words} />
    case "lines":
      return <Lines block={block} words={words} />
    case "dots":
      return <Dots block={block} words={words} />
    case "progress":
      return (
        <div className="fa-progress">
          <progress max={1} value={block.share == null ? undefined : block.share} aria-label={block.text} />
          <span className="fa-muted">{block.text}{block.share == null ? "" : ` · ${Math.floor(block.share * 100)} %`}</span>
        </div>
      )
    case "buttons":
      return <Buttons block={block} state={state} act={act} />
    case "options":
      return <Options block={block} state={state} act={act} />
    case "entries":
      return <Entries block={block} state={state} act={act} />
    case "code":
      return <Code block={block} words={words} />
    case "marked":
      return (
        <div className="fa-marked">
          <span className="fa-muted">{block.label}</span>
          <p>
            {block.pieces.map((p, i) =>
              p.said ? <mark key={i} className={"fa-tone-" + p.tone} aria-label={p.said + ": " + p.text} title={p.said}>{p.text}</mark> : <span key={i}>{p.text}</span>
            )}
          </p>
        </div>
      )
    case "details":
      return (
        <details className="fa-details">
          <summary>{block.summary}</summary>
          {block.blocks.map((b, i) => <Block key={i} block={b} state={state} act={act} />)}
        </details>
      )
    default:
      return null
  }
}

const RECENT_MS = 4000
const NEAR_PX = 320

function scroller(node) {
  let at = node.parentElement
  while (at && at.scrollHeight <= at.clientHeight + 1) at = at.parentElement
  return at
}

// A click's answer appears below: bring it into view. Who reads further up is left alone.
function bringIntoView(card) {
  const cards = document.querySelectorAll(".fa-card")
  if (cards[cards.length - 1] !== card) return
  // Several cards of one message are read from the first: a verdict is never above the window for the question after it.
  const message = card.closest("[data-step-type]")
  // What is said above them is read before them: an answer would be hidden by the question that comes after it.
  const said = message && message.querySelector(".message-content [role=article]")
  const first = (said && said.innerText.trim() && said) || (message && message.querySelector(".fa-card")) || card
  const height = card.getBoundingClientRect().bottom - first.getBoundingClientRect().top
  const box = scroller(card)
  const below = box ? box.scrollHeight - box.scrollTop - box.clientHeight - height : 0
  if (below > NEAR_PX && Date.now() - (window.faClickedAt || 0) > RECENT_MS) return
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches
  const tall = height > window.innerHeight * 0.6
  first.scrollIntoView({ block: tall ? "start" : "nearest", behavior: calm ? "auto" : "smooth" })
}

// A card says what it is in a line above, where its own first words do not.
const UNNAMED = ["question", "sharpen", "model", "stopped", "problem", "progress", "rejected", "explain", "earlier", "what-now", "passages", "sources"]

function named(card) {
  return card.label && !UNNAMED.includes(card.name) && !card.name.startsWith("rehearsal")
}

function spoken(card) {
  const first = card.blocks.find((b) => b.sentence || (b.text && !b.muted)) || card.blocks.find((b) => b.text)
  return card.label + (first ? ". " + (first.sentence || first.text) : "")
}

function FaCard({ card, callAction }) {
  const [state, setState] = useState({ busy: false, clicked: null, problem: null })
  const self = useRef(null)
  const words = { ...ENGLISH, ...(card.words || {}), lang: card.language || "en" }
  useEffect(() => {
    const timer = setTimeout(() => self.current && bringIntoView(self.current), 150)
    if (window.faSay) window.faSay(spoken(card))
    return () => clearTimeout(timer)
  }, [])
  const act = async (button) => {
    // The button is dead before the server answers: a double click is one click. The server checks again.
    window.faClickedAt = Date.now()
    setState({ busy: true, clicked: button.again ? state.clicked : button.label, problem: null })
    try {
      const answer = await callAction({ name: button.action, payload: { label: button.label, ...button.payload, again: !!button.again, card: card.card_id } })
      window.faClickedAt = Date.now()
      const refused = answer && answer.response && answer.response.problem
      setState({ busy: false, clicked: button.again || refused ? null : button.label, problem: refused || null })
    } catch (e) {
      setState({ busy: false, clicked: null, problem: words.unreachable })
    }
  }
  const shown = { ...state, words, clicked: state.clicked || card.clicked || null }
  return (
    <section ref={self} className={"fa-card fa-card-" + card.name} aria-label={card.label} data-card={card.name} lang={card.language || "en"}>
      {named(card) ? <h3 className="fa-name">{card.label}</h3> : null}
      {card.blocks.map((b, i) => <Block key={i} block={b} state={shown} act={act} />)}
      {state.problem ? <p className="fa-notice fa-tone-bad" role="alert">{state.problem}</p> : null}
    </section>
  )
}

// Chainlit evaluates this file anew for every change of a card. A component made anew would be mounted anew, and a
// running job would close opened details and drop the keyboard's focus each second: so the first one is kept.
window.faCard = window.faCard || FaCard
const Kept = window.faCard

export default <Kept card={props} callAction={callAction} />
