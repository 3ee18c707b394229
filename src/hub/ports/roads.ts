/** What changes the roads of a channel: their settings, their order, whether they are used. */

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
}
