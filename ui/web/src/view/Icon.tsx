import { icons, type IconName } from "./icons";

/** Icon is decoration: what it says is always also in words beside it. */
export function Icon({ name, tone }: { name: IconName; tone?: string }) {
  return (
    <svg class={`icon icon-sm ${tone ? `tone-${tone}` : ""}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path fill-rule="evenodd" d={icons[name]} />
    </svg>
  );
}
