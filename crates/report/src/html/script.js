// Saves tables as CSV and drawings as SVG. Everything else works without script.
(() => {
  const give = (name, type, text) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  // As crates/report/src/csv.rs writes it.
  const cell = (text) => {
    if (/^[=@\t\r]|^[+-](?![\d.])/.test(text)) text = "'" + text;
    return /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  };
  const csv = (figure) =>
    '\ufeff' + [...figure.querySelectorAll('tr')]
      .map((row) => [...row.cells].map((c) => cell(c.textContent.replaceAll('\u00a0', ' '))).join(',') + '\r\n')
      .join('');
  const STYLES = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'opacity', 'paint-order',
    'font-family', 'font-size', 'font-weight', 'stroke-linejoin', 'unicode-bidi'];
  const svg = (figure) => {
    const drawn = figure.querySelector('svg');
    const copy = drawn.cloneNode(true);
    const [from, to] = [drawn, copy].map((s) => [s, ...s.querySelectorAll('*')]);
    from.forEach((element, k) => {
      const style = getComputedStyle(element);
      for (const name of STYLES) to[k].style.setProperty(name, style.getPropertyValue(name));
    });
    copy.style.background = getComputedStyle(document.body).backgroundColor;
    return new XMLSerializer().serializeToString(copy);
  };
  for (const button of document.querySelectorAll('[data-save]')) {
    button.hidden = false;
    button.addEventListener('click', () => {
      const figure = button.closest('figure');
      if (button.dataset.save === 'csv') give(figure.id + '.csv', 'text/csv', csv(figure));
      else give(figure.id + '.svg', 'image/svg+xml', svg(figure));
    });
  }
  // Paper has no triangles to click on; long tables are for the screen unless they were opened.
  let closed = [];
  addEventListener('beforeprint', () => {
    closed = [...document.querySelectorAll('details:not([open], .long)')];
    for (const one of closed) one.open = true;
  });
  addEventListener('afterprint', () => {
    for (const one of closed) one.open = false;
  });
})();
