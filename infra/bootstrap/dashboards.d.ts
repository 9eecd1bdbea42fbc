export function ensureDashboards(root: string, nodePath: string): Promise<void>;
