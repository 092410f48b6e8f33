// Makes the built CSS readable for Chromium 87 and Safari 14: they drop whole @layer blocks and know no individual
// transform properties. Source order is kept: properties, theme, base, components, utilities.
import postcss from 'postcss';

const ORDER = ['properties', 'theme', 'base', 'components', 'utilities'];

/** Returns the same style sheet with every cascade layer unwrapped, in layer order. */
export function flatten(css) {
  const root = postcss.parse(css);
  const order = [...ORDER];
  const buckets = new Map();
  const rest = [];
  root.walkAtRules('layer', (rule) => {
    if (!rule.nodes) rule.remove();
  });
  const unwrap = (node) =>
    node.walkAtRules('layer', (inner) => {
      inner.replaceWith(inner.nodes);
    });
  for (const node of [...root.nodes]) {
    if (node.type === 'atrule' && node.name === 'layer') {
      const name = node.params.split('.')[0];
      if (!order.includes(name)) order.push(name);
      unwrap(node);
      if (!buckets.has(name)) buckets.set(name, []);
      buckets.get(name).push(...node.nodes);
    } else {
      if (node.nodes) unwrap(node);
      rest.push(node);
    }
  }
  const out = postcss.root();
  for (const name of order) for (const node of buckets.get(name) ?? []) out.append(node.clone());
  for (const node of rest) out.append(node.clone());
  // translate / rotate / scale as properties need Chrome 104: say the same with transform
  out.walkDecls(/^(translate|rotate|scale)$/, (decl) => {
    const value =
      decl.prop === 'rotate'
        ? decl.value
        : decl.value
            .trim()
            .split(/\s+(?![^(]*\))/)
            .join(', ');
    decl.replaceWith({ prop: 'transform', value: value === 'none' ? 'none' : `${decl.prop}(${value})` });
  });
  // wide-gamut refinements never win anything here and old engines trip over them
  out.walkAtRules('supports', (rule) => {
    if (/color-mix|oklab|oklch|lab\(/.test(rule.params)) rule.remove();
  });
  return out.toString();
}

/** Vite plugin: flattens each emitted style sheet. */
export function downlevelCss() {
  return {
    name: 'downlevel-css',
    enforce: 'post',
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === 'asset' && file.fileName.endsWith('.css')) {
          file.source = flatten(String(file.source));
        }
      }
    },
  };
}
