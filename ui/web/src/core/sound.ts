// Three short sounds, for clerks who look at the citizen and not at the screen. Silence is never a fault.

import type { Shelf } from "./session";

export type Sound = "scan" | "good" | "attention";

const tones: Record<Sound, [hertz: number, at: number][]> = {
  scan: [[880, 0]],
  good: [
    [660, 0],
    [990, 0.13],
  ],
  attention: [
    [330, 0],
    [330, 0.2],
    [330, 0.4],
  ],
};

let context: AudioContext | undefined;

/** play makes a sound of under a second; browsers without audio, or before the first key, stay silent. */
export function play(sound: Sound): void {
  if (typeof AudioContext === "undefined") return;
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume();
  for (const [hertz, at] of tones[sound]) {
    const start = context.currentTime + at;
    const tone = new OscillatorNode(context, { frequency: hertz });
    const volume = new GainNode(context, { gain: 0.08 });
    tone.connect(volume).connect(context.destination);
    tone.start(start);
    tone.stop(start + 0.1);
  }
}

// Remembered on this PC, for whoever sits at it: a preference, and nothing about anybody.
const key = "sportello.silent";

/** isSilent says that the sounds are turned off on this PC. */
export function isSilent(likes: Shelf | undefined): boolean {
  try {
    return likes?.getItem(key) === "yes";
  } catch {
    return false; // a browser that keeps nothing sounds every day anew
  }
}

/** setSilent turns them off, or on again. */
export function setSilent(likes: Shelf | undefined, silent: boolean): void {
  try {
    if (silent) likes?.setItem(key, "yes");
    else likes?.removeItem(key);
  } catch {
    // see above
  }
}
