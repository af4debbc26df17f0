import { html, render, renderFragment } from '../../src/portal/html';

test('whatever is put in is escaped, in texts and in attributes', () => {
  const hostile = `<script>"'\`&</script>`;
  expect(renderFragment(html`<p title="${hostile}">${hostile}</p>`)).toBe(
    `<p title="&#60;script&#62;&#34;&#39;&#96;&#38;&#60;/script&#62;">&#60;script&#62;&#34;&#39;&#96;&#38;&#60;/script&#62;</p>`,
  );
});

test('markup and lists go in as they are, and what is not there leaves nothing', () => {
  const names = ['a', 'b'].map((name) => html`<b>${name}</b>`);
  const page = html`<i>${names}${null}${undefined}${false}</i>${0}${1n}`;
  expect(renderFragment(page)).toBe('<i><b>a</b><b>b</b></i>01');
});

test('a text that looks like markup of ours stays a text', () => {
  const forged = JSON.parse('{"markup":"<b>"}') as never;
  expect(renderFragment(html`<p>${forged}</p>`)).not.toContain('<b>');
});

test('a page begins with its type', () => {
  expect(render(html`<html></html>`)).toBe('<!doctype html>\n<html></html>\n');
});
