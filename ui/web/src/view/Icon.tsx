const sheet = "/icons.svg";

/** Icon is decoration: what it says is always also in words beside it. */
export function Icon({ name, tone }: { name: string; tone?: string }) {
  return (
    <svg class={`icon icon-sm ${tone ? `tone-${tone}` : ""}`} aria-hidden="true" focusable="false">
      <use href={`${sheet}#it-${name}`} />
    </svg>
  );
}
