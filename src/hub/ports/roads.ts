/** What changes the channels and their roads: settings, order, whether they are used. */
import type { NewChannelFacts } from '../../domain/new-channel.ts'

export interface RoadOnFile {
  readonly roadId: string
  readonly adapter: string
  readonly settings: unknown
  readonly position: number
  readonly enabled: boolean
  readonly heldReason: string | null
}

export interface RoadPort {
  /** Locked until the transaction ends; in their order, those out of use as well. */
  lockRoads(channelId: string): Promise<readonly RoadOnFile[]>
  /** A new road, or the new settings and place of one there is; it is in use from now on. */
  putRoad(
    channelId: string,
    road: Pick<RoadOnFile, 'roadId' | 'adapter' | 'settings' | 'position'>,
  ): Promise<void>
  enableRoad(channelId: string, roadId: string, enabled: boolean): Promise<void>
  /** A new channel, last in order and without a road; a place gets its one address. False when the id is
   *  taken, retired channels included. */
  addChannel(channel: NewChannelFacts): Promise<boolean>
  /** In the clear: the addresses of this kind of contacts marked for exercises that bear the person's own
   *  name; nobody's else. */
  ownTestAddresses(name: string, kind: string): Promise<readonly string[]>
}
