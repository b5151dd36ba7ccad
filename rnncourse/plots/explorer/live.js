export default {
  render({ model, el }) {
    const root = document.createElement('div');
    const label = document.createElement('label'), box = document.createElement('textarea');
    const wrong = document.createElement('div');
    label.textContent = 'type here';
    label.append(box);
    box.value = model.get('text');
    box.rows = 3;
    wrong.setAttribute('role', 'alert');
    el.append(root);
    const show = explore(root, JSON.parse(model.get('data')));
    root.prepend(label, wrong);
    let waiting;
    box.addEventListener('input', () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => { model.set('text', box.value); model.save_changes(); }, 150);
    });
    model.on('change:data', () => show(JSON.parse(model.get('data'))));
    model.on('change:wrong', () => { wrong.textContent = model.get('wrong'); });
  },
};
