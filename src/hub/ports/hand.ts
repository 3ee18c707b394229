/** What door 6 needs for tasks that people do by hand. */

export interface HandTask {
  readonly id: number
  readonly dispatchId: number
  readonly channelId: string
  readonly channelName: string
  readonly title: string
  readonly act: string
  readonly keeperId?: number
  readonly keeperName?: string
  /** group or place, as it is called on the platform */
  readonly target: string
  readonly dueAt: Date
  readonly state: 'open' | 'done' | 'cancelled'
}

export interface HandProgress {
  readonly dispatchId: number
  readonly channelId: string
  readonly title: string
  readonly total: number
  readonly done: number
  readonly open: number
  readonly overdue: number
  readonly cancelled: number
}

export interface HandPort {
  /** Open tasks in a stable order, so that a range means the same to everybody. */
  openTasks(filter: {
    readonly keeperId?: number
    readonly dispatchId?: number
    readonly bulletinId?: number
    readonly limit: number
    readonly afterId?: number
  }): Promise<readonly HandTask[]>
  handProgress(at: Date): Promise<readonly HandProgress[]>
  /** Which signed dispatch and road a task belongs to. */
  taskRoad(taskId: number): Promise<
    | {
        readonly dispatchId: number
        readonly channelId: string
        readonly roadId: string
        readonly state: HandTask['state']
      }
    | undefined
  >
  /** The different roads and acts of these tasks. */
  roadsOfTasks(
    taskIds: readonly number[],
  ): Promise<
    readonly { readonly channelId: string; readonly roadId: string; readonly act: string }[]
  >
  /** Marks open tasks as done and their deliveries as delivered; answers the ids that were open. */
  confirmTasks(request: {
    readonly taskIds: readonly number[]
    readonly by: number
    readonly at: Date
    readonly occurredAt: Date
    readonly url?: string
    readonly pictureHash?: string
  }): Promise<readonly number[]>
}
