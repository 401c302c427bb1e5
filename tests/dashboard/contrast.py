"""Whether text can be read: its contrast with what lies behind it is that of WCAG 2, level AA."""

from __future__ import annotations

# Every text that is drawn as such (tables are pictures): its contrast with the nearest opaque ground,
# where that is below 4.5, or below 3 for large text. A bar's own text stands on the bar, a slider's above
# its thumb; that of a heat map is black or white, as plotly finds its cell to need.
AUDIT = """() => {
  const channels = text => (text.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const rgba = text => { const [r, g, b, a = 1] = channels(text);
    return text.startsWith("color(srgb") ? [r * 255, g * 255, b * 255, a] : [r, g, b, a]; };
  const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
  const light = color => { const [r, g, b] = color.map(c => c / 255)
      .map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = node => { const layers = [];
    for (let at = node; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      layers.push(color); if (color[3] === 1) break; }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]); };
  const opacity = node => { let all = 1;
    for (let at = node; at; at = at.parentElement) all *= Number(getComputedStyle(at).opacity);
    return all; };
  const bar = node => node.parentElement.querySelector("path");
  const found = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), node = walker.currentNode.parentElement;
    if (!text || !node.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    if (node.closest("style, script, noscript, canvas, [aria-hidden=true], [data-testid=stIconMaterial]")) continue;
    const style = getComputedStyle(node), svg = node.closest("svg.main-svg");
    const drawn = node.closest("text");
    const color = rgba(svg ? getComputedStyle(drawn).fill : style.color);
    if (drawn && drawn.closest(".heatmap-label")) continue;
    let below = ground(node.closest("[data-testid=stSlider]") || node);
    if (drawn && drawn.classList.contains("bartext-inside")) {
      below = over(rgba(getComputedStyle(bar(drawn)).fill), below); }
    color[3] *= opacity(node) * (svg ? Number(getComputedStyle(drawn).fillOpacity) : 1);
    const [a, b] = [light(over(color, below)), light(below)].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05), size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (large ? 3 : 4.5)) found[`${text.slice(0, 60)}: ${contrast.toFixed(2)}`] = 1; }
  return Object.keys(found);
}"""
