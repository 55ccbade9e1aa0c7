/** What happened with an event, in words. */

import { formatBytes, formatCount, formatCountOf } from "./format.ts";
import { poolLabel } from "./grouping.ts";
import { EventKind, eventLabels, type History, NONE, nameOfRange } from "./history.ts";
import { placeLabel } from "./rows.ts";
import { displayText } from "./text.ts";
import { textAt } from "./texts.ts";

/** An event in words. */
export interface EventText {
  /** What happened: "Allocate". */
  readonly label: string;
  /** To what: "shadow map 12". */
  readonly subject: string;
  /** "4 MiB" */
  readonly size: string;
  /** Where, or why. */
  readonly detail: string;
}

/** What an event tells. */
export function eventText(history: History, event: number): EventText {
  const { events } = history;
  const kind = events.kind[event]! as EventKind;
  const subject = events.subject[event]!;
  const label = eventLabels[kind] ?? "";
  const plain = (text: string, size = "", detail = ""): EventText => ({ label, subject: text, size, detail });
  if (subject === NONE) return plain("");
  switch (kind) {
    case EventKind.Allocate:
    case EventKind.Free:
    case EventKind.Move:
    case EventKind.BeginMove:
    case EventKind.CancelMove:
    case EventKind.Map:
    case EventKind.Unmap:
    case EventKind.Rename:
      return plain(
        displayText(nameOfRange(history, subject), 80) || "(unnamed)",
        formatBytes(history.ranges.size[subject]!),
        placeLabel(history, subject),
      );
    case EventKind.TakeBlock:
    case EventKind.ReturnBlock:
    case EventKind.ClearBlock: {
      const { blocks } = history;
      const what = blocks.dedicated[subject] === 1 ? "dedicated memory" : `block #${blocks.id[subject]}`;
      return plain(what, formatBytes(blocks.size[subject]!), poolLabel(history, blocks.pool[subject]!));
    }
    case EventKind.CreatePool:
    case EventKind.DestroyPool:
      return plain(poolLabel(history, subject));
    case EventKind.Refuse: {
      const { refusals, texts } = history;
      return plain(
        displayText(textAt(texts, refusals.name[subject]!), 80) || "(unnamed)",
        formatBytes(refusals.size[subject]!),
        displayText(textAt(texts, refusals.message[subject]!) || textAt(texts, refusals.reason[subject]!)),
      );
    }
    case EventKind.Frame:
      return plain(formatCount(subject));
    case EventKind.BeginPass:
    case EventKind.EndPass:
      return plain(formatCountOf(subject, "move"));
    case EventKind.Mark:
    case EventKind.End:
      return plain(displayText(textAt(history.texts, subject)));
    case EventKind.Lost:
      return plain(formatCountOf(subject, "operation"));
    default:
      return plain("");
  }
}
