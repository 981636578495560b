// Reads pictures, a JSON object {form, text} in each line, and answers each with a line: what the
// tool that draws them makes of it, {nodes: [[id, [line of its label]]], edges: [[from, to]]},
// or {error}.
import { createInterface } from 'node:readline'

import { Graphviz } from '@hpcc-js/wasm-graphviz'
import { JSDOM } from 'jsdom'

const { window } = new JSDOM('<!doctype html><body></body>')
Object.assign(globalThis, { window, document: window.document })
// It looks for a document when it is loaded.
const { default: mermaid } = await import('mermaid')
const graphviz = await Graphviz.load()
mermaid.initialize({ startOnLoad: false, maxEdges: 100_000, maxTextSize: 10_000_000 })

function lines(html) {
  const element = document.createElement('div')
  element.innerHTML = html
  element.querySelectorAll('br').forEach((br) => br.replaceWith('\n'))
  return element.textContent.split('\n')
}

const readers = {
  dot(text) {
    const svg = graphviz.layout(text, 'svg', 'dot')
    const drawn = new JSDOM(svg, { contentType: 'image/svg+xml' }).window.document
    const title = (g) => g.querySelector('title').textContent
    const written = (g) => [...g.querySelectorAll('text')].map((line) => line.textContent)
    return {
      nodes: [...drawn.querySelectorAll('g.node')].map((g) => [title(g), written(g)]),
      edges: [...drawn.querySelectorAll('g.edge')].map((g) => title(g).split('->')),
    }
  },
  async mermaid(text) {
    await mermaid.parse(text)
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text)
    // As Mermaid puts the entities back before it draws.
    const decoded = (label) =>
      label.replaceAll('ﬂ°°', '&#').replaceAll('ﬂ°', '&').replaceAll('¶ß', ';')
    return {
      nodes: [...db.getVertices().values()].map(({ id, text }) => [id, lines(decoded(text))]),
      edges: db.getEdges().map(({ start, end }) => [start, end]),
    }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { form, text } = JSON.parse(line)
  let answer
  try {
    answer = await readers[form](text)
  } catch (error) {
    answer = { error: String(error) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
