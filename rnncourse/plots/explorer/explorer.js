// Draws an explorer into `root` and returns a function that shows other data in it.
// data: {text, units, values: base64 of int8 (units x characters), scales: one a unit, unit, rules: [[name, [[unit, r], ...]], ...]}
function explore(root, first) {
  const make = (tag, fill = {}, parent = root) => parent.appendChild(Object.assign(document.createElement(tag), fill));
  const slider = (name) => {
    const label = make('label', { textContent: name });
    return make('input', { type: 'range', min: 0, step: 1 }, label);
  };
  root.classList.add('rnn-states');
  const unit = slider('unit'), rules = make('div', { className: 'rules' });
  const place = slider('character'), told = make('output');
  const key = make('div', { className: 'key' }), paper = make('div', { className: 'paper' });
  told.setAttribute('aria-live', 'polite');
  let data, values, spans = [];

  const share = (u, t) => values[u * spans.length + t] / 127;
  const value = (u, t) => share(u, t) * data.scales[u];
  const signed = (v) => (v < 0 ? '−' : '+') + Math.abs(v).toFixed(2);
  const shown = (c) => (c === ' ' ? 'space' : c === '\n' ? 'line break' : c);

  function paint() {
    const u = +unit.value, at = +place.value;
    spans.forEach((span, t) => {
      const s = share(u, t), [r, g, b] = s < 0 ? [153, 142, 195] : [241, 163, 64];
      const mix = (end) => Math.round(247 + (end - 247) * Math.abs(s));
      span.style.background = `rgb(${mix(r)},${mix(g)},${mix(b)})`;
      span.className = (s > 0.5 ? 'high' : s < -0.5 ? 'low' : '') + (t === at ? ' here' : '');
    });
    unit.setAttribute('aria-valuetext', `unit ${u}`);
    place.setAttribute('aria-valuetext', `character ${at + 1}, ${shown(spans[at].dataset.c)}`);
    told.textContent = `unit ${u} is ${signed(value(u, at))} after character ${at + 1} (${shown(spans[at].dataset.c)})`;
    key.innerHTML = `<span>orange, underlined: up to +${data.scales[u].toFixed(2)}</span> <span>purple, dotted: down to −${data.scales[u].toFixed(2)}</span>`;
    rules.querySelectorAll('button').forEach((b) => b.setAttribute('aria-pressed', +b.dataset.unit === u));
  }

  function show(next) {
    data = next;
    values = Int8Array.from(atob(data.values), (c) => c.charCodeAt(0));
    paper.replaceChildren();
    spans = [...data.text].map((c) => {
      const span = make('span', { textContent: c === '\n' ? '⏎\n' : c }, paper);
      span.dataset.c = c;
      return span;
    });
    rules.replaceChildren();
    for (const [name, top] of data.rules) {
      const group = make('fieldset', {}, rules);
      make('legend', { textContent: `${name}:` }, group);
      for (const [u, r] of top) make('button', { type: 'button', textContent: `unit ${u}, r = ${signed(r)}` }, group).dataset.unit = u;
    }
    unit.max = data.units - 1;
    place.max = spans.length - 1;
    paint();
  }

  unit.addEventListener('input', paint);
  place.addEventListener('input', paint);
  rules.addEventListener('click', (e) => {
    if (e.target.dataset.unit) { unit.value = e.target.dataset.unit; paint(); }
  });
  paper.addEventListener('click', (e) => {
    const t = spans.indexOf(e.target);
    if (t >= 0) { place.value = t; paint(); }
  });
  show(first);
  unit.value = first.unit;
  place.value = 0;
  paint();
  return show;
}
