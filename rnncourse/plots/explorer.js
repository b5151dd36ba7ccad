// Show what units hold while a text is read: D = {t text, n units, q int8 base64 (N, n), s scales, m means, w widths, r rules, u unit, l label}.
function explore(root, D, dark) {
  const text = Array.from(D.t), N = text.length, U = D.n, raw = atob(D.q), rules = Object.keys(D.r);
  const value = (i, u) => ((raw.charCodeAt(i * U + u) << 24) >> 24) * D.s[u] / 127;
  const shade = (i, u) => D.w[u] ? (value(i, u) - D.m[u]) / D.w[u] : 0;
  const sign = x => (x < 0 ? '−' : '+') + Math.abs(x).toFixed(2);
  const name = c => c === '\n' ? 'line break' : c === ' ' ? 'space' : c;
  let unit = D.u, at = 0;
  root.classList.add('rnnx');
  root.classList.toggle('dark', !!dark);
  root.innerHTML = `<h1></h1><div class='bar'><label>unit <input type='range' class='unit' min='0' max='${U - 1}'></label>` +
    `<label>character <input type='range' class='at' min='0' max='${N - 1}'></label>` +
    (rules.length ? `<label>strongest for <select></select></label>` : ``) + `</div><div class='top'></div>` +
    `<svg viewBox='0 0 ${N} 40' preserveAspectRatio='none' aria-hidden='true'><path fill='none' stroke='#8a8a8a' stroke-width='1' vector-effect='non-scaling-stroke' d='M0 20H${N}'/>` +
    `<path class='curve' fill='none' stroke='${dark ? '#ff9a57' : '#b34700'}' stroke-width='1.6' vector-effect='non-scaling-stroke'/>` +
    `<path class='here' fill='none' stroke='currentColor' stroke-width='1.5' vector-effect='non-scaling-stroke'/></svg>` +
    `<p class='said' role='status'></p><div class='text'></div><p class='key'>orange: below the unit’s mean · purple: above it · the curve shows the same numbers · click a character, or use the sliders and arrow keys</p>`;
  const find = q => root.querySelector(q), box = find('.text'), slider = find('.unit'), place = find('.at'), pick = find('select');
  const cells = text.map((c, i) => {
    const cell = document.createElement('b');
    cell.textContent = c === '\n' ? '↵' : c === ' ' ? '\u00a0' : c;
    cell.onclick = () => { at = i; show(); };
    box.append(cell);
    if (c === '\n') box.append(document.createElement('br'));
    else if (c === ' ') box.append(document.createElement('wbr'));
    return cell;
  });
  const ends = dark ? [[253, 164, 80], [38, 38, 38], [178, 158, 235]] : [[214, 112, 16], [247, 247, 247], [112, 74, 168]];
  const light = c => c.map(v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((s, v, k) => s + v * [.2126, .7152, .0722][k], 0);
  function tint(x) {
    const end = ends[x < 0 ? 0 : 2], c = ends[1].map((m, k) => Math.round(m + (end[k] - m) * Math.min(1, Math.abs(x))));
    return [`rgb(${c})`, light(c) > .18 ? '#000' : '#fff'];
  }
  function show() {
    cells.forEach((cell, i) => {
      [cell.style.background, cell.style.color] = tint(shade(i, unit));
      cell.className = i === at ? 'at' : '';
    });
    slider.value = unit; place.value = at;
    slider.setAttribute('aria-valuetext', `unit ${unit}`);
    place.setAttribute('aria-valuetext', `${at + 1}, ${name(text[at])}`);
    find('h1').textContent = `${D.l} of unit ${unit}`;
    find('.curve').setAttribute('d', 'M' + text.map((_, i) => `${i + .5} ${(20 - 15 * Math.max(-1.25, Math.min(1.25, shade(i, unit)))).toFixed(1)}`).join('L'));
    find('.here').setAttribute('d', `M${at + .5} 0V40`);
    find('.said').textContent = `character ${at + 1} of ${N}, “${name(text[at])}”: ${sign(value(at, unit))} (mean ${sign(D.m[unit])})`;
    const rule = pick && D.r[pick.value];
    if (rule) find('.top').replaceChildren(`r with ${pick.value}: `, ...rule.map((r, u) => [Math.abs(r), u, r]).sort((a, b) => b[0] - a[0] || a[1] - b[1]).slice(0, 5).map(([, u, r]) => {
      const button = document.createElement('button');
      button.textContent = `unit ${u} ${sign(r / 100)}`;
      button.setAttribute('aria-pressed', u === unit);
      button.onclick = () => { unit = u; show(); find('[aria-pressed=true]').focus(); };
      return button;
    }));
  }
  slider.oninput = () => { unit = +slider.value; show(); };
  place.oninput = () => { at = +place.value; show(); };
  if (pick) { pick.append(...rules.map(rule => new Option(rule))); pick.onchange = show; }
  show();
  return { get unit() { return unit; }, get rule() { return pick ? pick.value : ''; } };
}
