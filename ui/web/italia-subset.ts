// Bootstrap Italia ships one style sheet of over half a megabyte. This build step keeps the rules whose
// classes are on the list below, and every rule without a class: resets, variables, and the focus ring,
// which is why no tool that guesses from the page's source is used here.

const kept = [
  /^btn(-(primary|outline-primary|outline-secondary|success|danger|link|sm|lg|xs|icon))?$/,
  /^badge$/,
  /^form-(control|label|text)$/,
  /^(visually-hidden)(-focusable)?$/,
  /^icon(-(sm|xs|lg|primary|white|success|danger|warning|secondary))?$/,
  /^table(-(sm|responsive))?$/,
  /^disabled$|^active$/,
];

interface Node {
  source?: { input: { file?: string } };
}

interface Rule extends Node {
  remove(): void;
  parent?: { type: string; name?: string; selectors?: string[] };
  selectors: string[];
}

interface Root {
  walkRules(each: (rule: Rule) => void): void;
  walkAtRules(each: (rule: Node & { name: string; nodes?: unknown[]; remove(): void }) => void): void;
}

function wanted(selector: string): boolean {
  const classes = [...selector.matchAll(/\.(-?[_a-zA-Z][\w-]*)/g)].map((m) => m[1] ?? "");
  return classes.every((name) => kept.some((family) => family.test(name)));
}

function italia(node: Node): boolean {
  return node.source?.input.file?.includes("bootstrap-italia") ?? false;
}

export function italiaSubset() {
  return {
    postcssPlugin: "italia-subset",
    Once(root: Root) {
      root.walkRules((rule) => {
        if (!italia(rule)) return;
        if (rule.parent?.type === "atrule" && /keyframes$/.test(rule.parent.name ?? "")) return;
        const left = rule.selectors.filter(wanted);
        if (left.length === 0) rule.remove();
        else if (left.length < rule.selectors.length) rule.selectors = left;
      });
      root.walkAtRules((at) => {
        if (!italia(at)) return;
        if (at.name === "font-face" || (at.nodes && at.nodes.length === 0)) at.remove();
        if (/keyframes$/.test(at.name)) at.remove(); // nothing here moves
      });
    },
  };
}
