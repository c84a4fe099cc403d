import type { Light } from "../core/types.gen";
import { Icon } from "./Icon";
import type { IconName } from "./icons";

const shapes: Record<Light, IconName> = {
  ready: "check-circle",
  busy: "clock",
  not_ready: "close-circle",
  unknown: "help-circle",
};

/** LightMark is a light that is told by shape and word, not by colour alone. */
export function LightMark({ light, word }: { light: Light; word: string }) {
  return (
    <span class={`light light-${light}`}>
      <Icon name={shapes[light] ?? "help-circle"} />
      {word}
    </span>
  );
}
