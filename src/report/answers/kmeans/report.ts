import { type AnswerReport, EMPTY_VIEW, type Fact } from '../view.ts';
import { agreementText, type Clustering, outcomeText } from './clusters.ts';
import { centreImages } from './images.ts';
import { clustersSection } from './section.ts';
import { clusterFigures, clusterLines, clusterMarkdown } from './texts.ts';

export const KMEANS: AnswerReport<'kmeans'> = {
  method:
    'the images of each cluster are counted from the rows. An image is in the cluster whose centre is nearest by the square of the Euclidean distance of its R, G and B, of centres that are equally near the first; a centre is the exact mean of its images, and nothing is rounded',
  view: (answer, summary) => ({
    ...EMPTY_VIEW,
    facts: factsOf(answer),
    title: 'Clusters',
    figures: () => clusterFigures(answer),
    result: (images) => clustersSection(answer, summary, images),
    markdown: () => clusterMarkdown(answer),
    terminal: () => clusterLines(answer),
    readImages: () => centreImages(answer),
  }),
};

function factsOf(answer: Clustering): Fact[] {
  if (answer.iterations === 0) return [];
  const agreement = agreementText(answer);
  return [outcomeText(answer), ...(agreement === null ? [] : [agreement])].map(([what, rest]) => ({
    what: `${what}:`,
    rest,
  }));
}
