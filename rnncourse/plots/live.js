function render({ model, el }) {
  const card = document.createElement('div'), root = document.createElement('div');
  card.className = 'rnnx';
  const dark = document.body.dataset.jpThemeLight === 'false';
  card.classList.toggle('dark', dark);
  card.innerHTML = "<label style='display:block'>Type what the network reads:<textarea rows='2' spellcheck='false'></textarea></label><p class='wrong' role='alert'></p>";
  const box = card.querySelector('textarea'), wrong = card.querySelector('.wrong');
  box.value = model.get('text');
  let waiting, shown = {};
  const draw = () => {
    wrong.textContent = model.get('wrong');
    const data = model.get('data');
    if (data.n) shown = explore(root, { ...data, u: shown.unit ?? data.u }, dark);
  };
  box.oninput = () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { model.set('text', box.value); model.save_changes(); }, 150);
  };
  model.on('change:data', draw);
  model.on('change:wrong', draw);
  el.append(card, root);
  const hide = () => {
    if (!el.isConnected) return void requestAnimationFrame(hide);
    el.closest('.jp-OutputArea')?.querySelectorAll('[data-rnn-still]').forEach(still => { still.style.display = 'none'; });
  };
  hide();
  draw();
}
export default { render };
