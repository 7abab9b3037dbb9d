/** What `fanfleet report` writes beside the table for the terminal. */
export const REPORT_FORMATS = ['html', 'json', 'csv', 'md', 'parquet', 'embeddings'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

export const HISTORY_FORMATS = ['text', 'json', 'md', 'svg', 'html'] as const;
export type HistoryFormat = (typeof HISTORY_FORMATS)[number];
