export interface CampaignFolder {
  readonly folder: string;
  readonly configFile: string;
  readonly stateDb: string;
  readonly samplesDb: string;
  /** Writes the configuration for life `no`: its number goes out with every webhook. */
  configure(no: number): void;
  /** Changes the rule file: another version of a rule that nothing reads. */
  changeRules(version: number): void;
  remove(): void;
}
export declare function campaignFolder(receiverUrl: string): CampaignFolder;
