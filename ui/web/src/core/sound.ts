// Three short sounds, for clerks who look at the citizen and not at the screen. Silence is never a fault.

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
