/**
 * What a console hears of without asking again: `debug/add` subscribes it to categories, and each event is one line
 *
 *     3TTT path text                                  TTT: tag of the category, three octal digits
 *     {"event":"port/ep/+","port":1,"endpoint":7}     for a session that is a stream of events, see `events`
 */
import { escapeControls } from '@vde-ts/frame/escape.js'
import { VdeError } from '@vde-ts/link'
import { jsonText } from './escape.ts'

/** Somebody who reads events. */
export interface Subscriber {
  /** Must not throw. */
  onEvent (event: PublishedEvent): void
  /** Takes no more commands, and events as JSON from now on. Absent: it cannot. */
  becomeStream? (): void
  /** Told why a line was refused, what `why` answers. Absent: nobody asks. */
  onRefusal? (refusal: Refusal): void
  /** The last one, null: there was none. */
  readonly refusal?: Refusal | null
}

/** A line that was not done. */
export interface Refusal {
  readonly line: string
  /** What `1eee` said. */
  readonly errno: number
  /** For people, what and where and what was wanted. May have a stranger's text in it. */
  readonly message: string
}

/** What happened: for people, and for programs. */
export interface PublishedEvent {
  readonly category: Category
  /** May be a stranger's. */
  readonly text: string
  readonly data: Readonly<Record<string, string | number>>
}

/** The event as the original tells it, with its newline. */
export const eventLine = ({ category, text }: PublishedEvent): string => {
  const shown = escapeControls(text)
  return `${category.line?.(shown) ?? `3${tagText(category.tag)} ${category.path} ${shown}`}\n`
}

/** The event as a line of JSON. */
export const eventJson = ({ category, data }: PublishedEvent): string => `${jsonText({ event: category.path, ...data })}\n`

/** A kind of event, as `debug/list` shows it. `tag` is 0 to 0o777. */
export interface Category {
  readonly path: string
  readonly tag: number
  readonly help: string
  /** The whole line of an event, without its newline, where a client expects another form than `3TTT path text`. */
  readonly line?: (text: string) => string
}

/** One category and who listens. Whoever publishes asks {@link Topic.isWanted} before it makes any text. */
export class Topic {
  readonly category: Category
  readonly #subscribers = new Set<Subscriber>()
  readonly #onInterest: (isWanted: boolean) => void

  /** @param onInterest told when the first subscriber comes and when the last one goes */
  constructor (category: Category, onInterest: (isWanted: boolean) => void) {
    this.category = category
    this.#onInterest = onInterest
  }

  get isWanted (): boolean { return this.#subscribers.size > 0 }
  has (who: Subscriber): boolean { return this.#subscribers.has(who) }

  add (who: Subscriber): void {
    this.#subscribers.add(who)
    if (this.#subscribers.size === 1) this.#onInterest(true)
  }

  /** False: was no subscriber. */
  delete (who: Subscriber): boolean {
    const had = this.#subscribers.delete(who)
    if (had && this.#subscribers.size === 0) this.#onInterest(false)
    return had
  }

  /** Nobody subscribes any more. */
  clear (): void { for (const one of [...this.#subscribers]) this.delete(one) }

  /** Tells all subscribers; `text` may be a stranger's, `data` says the same for programs. */
  publish (text: string, data: PublishedEvent['data'] = {}): void {
    if (!this.isWanted) return
    const event = { category: this.category, text, data }
    for (const one of this.#subscribers) one.onEvent(event)
  }
}

/** A tag as every place shows it: three octal digits. */
export const tagText = (tag: number): string => tag.toString(8).padStart(3, '0')

/** The categories of one console. */
export class EventHub {
  readonly #topics = new Map<string, Topic>()

  /** Adds a category behind the others. */
  add (category: Category, onInterest: (isWanted: boolean) => void = () => {}): Topic {
    if (this.#topics.has(category.path)) throw new RangeError(`Event "${category.path}" exists already`)
    const topic = new Topic(category, onInterest)
    this.#topics.set(category.path, topic)
    return topic
  }

  /** Takes a category out: nobody hears of it any more. */
  remove (topic: Topic): void {
    topic.clear()
    this.#topics.delete(topic.category.path)
  }

  /** Topics whose path starts with `prefix`, in the order they were added. */
  * matching (prefix: string): Generator<Topic> {
    for (const topic of this.#topics.values()) {
      if (topic.category.path.startsWith(prefix)) yield topic
    }
  }

  /** Subscribes to every category with `prefix`. @throws {VdeError} EINVAL no such category, EEXIST had them all */
  subscribe (who: Subscriber, prefix: string): void {
    const found = this.#some(prefix)
    const missing = found.filter((topic) => !topic.has(who))
    if (missing.length === 0) throw new VdeError('EEXIST', 'enable events', `all of "${prefix}" are enabled already`)
    for (const topic of missing) topic.add(who)
  }

  /** The reverse. @throws {VdeError} EINVAL no such category, ENOENT had none of them */
  unsubscribe (who: Subscriber, prefix: string): void {
    const had = this.#some(prefix).filter((topic) => topic.delete(who))
    if (had.length === 0) throw new VdeError('ENOENT', 'disable events', `none of "${prefix}" is enabled`)
  }

  /** Paths of the categories that somebody hears. */
  heardBy (who: Subscriber): string[] { return [...this.matching('')].filter((topic) => topic.has(who)).map(({ category }) => category.path) }

  /** Subscribes to these paths again, in another process; one that is not there any more is passed over. */
  renew (who: Subscriber, paths: readonly string[]): void { for (const path of paths) this.#topics.get(path)?.add(who) }

  /** Forgets a subscriber who has gone. */
  drop (who: Subscriber): void {
    for (const topic of this.#topics.values()) topic.delete(who)
  }

  #some (prefix: string): Topic[] {
    const found = [...this.matching(prefix)]
    if (found.length === 0) throw new VdeError('EINVAL', 'find events', `no category starts with "${prefix}"`)
    return found
  }
}
