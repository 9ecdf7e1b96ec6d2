/**
 * Where the states of a state machine are drawn.  The states stand below each other in the order of
 * the text, so an edge to the next one is a short line; an edge back runs on the left, one that
 * leaves states out on the right, each in a lane that no other edge uses there.  Such a picture is
 * narrow, which a side bar is, and does not jump when another state is reached.  Pure.
 */

export const END = -1;

export interface Edge {
    readonly source: number;
    readonly target: number;
}

export interface PlacedState {
    readonly index: number;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
}

export interface PlacedEdge extends Edge {
    readonly side: 'straight' | 'left' | 'right';
    /** Lanes are counted from the states outwards. */
    readonly lane: number;
    /** The `d` of an SVG path. */
    readonly path: string;
}

export interface Layout {
    readonly states: readonly PlacedState[];
    readonly edges: readonly PlacedEdge[];
    readonly width: number;
    readonly height: number;
}

export const STATE_HEIGHT = 34;
const GAP = 26;
const LANE = 14;
const MARGIN = 10;
const CORNER = 6;

interface Span {
    readonly edge: Edge;
    readonly first: number;
    readonly last: number;
}

/** Place states, given by index in their order, and the end when an edge goes there. */
export function layout(
    indexes: readonly number[],
    edges: readonly Edge[],
    stateWidth: number,
): Layout {
    const ends = edges.some(({ target }) => target === END);
    const order = [...indexes.filter((index) => index !== END), ...(ends ? [END] : [])];
    const rank = new Map(order.map((index, place) => [index, place]));
    const known = unique(edges).filter(
        ({ source, target }) => rank.has(source) && rank.has(target) && source !== END,
    );
    const at = (index: number): number => rank.get(index) ?? 0;
    const spans = known.map((edge) => ({
        edge,
        first: Math.min(at(edge.source), at(edge.target)),
        last: Math.max(at(edge.source), at(edge.target)),
    }));
    const isBack = ({ edge }: Span): boolean => at(edge.target) <= at(edge.source);
    const isNext = ({ edge }: Span): boolean => at(edge.target) === at(edge.source) + 1;
    const left = lanes(spans.filter(isBack));
    const right = lanes(spans.filter((span) => !isBack(span) && !isNext(span)));
    const room = (taken: Map<Edge, number>): number =>
        taken.size === 0 ? MARGIN : MARGIN + (Math.max(...taken.values()) + 1) * LANE;
    const x = room(left);
    const states = order.map((index, place) => ({
        index,
        x,
        y: MARGIN + place * (STATE_HEIGHT + GAP),
        width: stateWidth,
        height: STATE_HEIGHT,
    }));
    const placed = new Map(states.map((state) => [state.index, state]));
    return {
        states,
        edges: known.map((edge) => place(edge, placed, left, right)),
        width: x + stateWidth + room(right),
        height: MARGIN * 2 + order.length * (STATE_HEIGHT + GAP) - GAP,
    };
}

function unique(edges: readonly Edge[]): Edge[] {
    return [...new Map(edges.map((edge) => [`${edge.source}:${edge.target}`, edge])).values()];
}

/** The innermost lane that is free along the whole edge; short edges choose first. */
function lanes(spans: readonly Span[]): Map<Edge, number> {
    const taken: Span[][] = [];
    const found = new Map<Edge, number>();
    const byLength = [...spans].sort(
        (a, b) => a.last - a.first - (b.last - b.first) || a.first - b.first,
    );
    for (const span of byLength) {
        let lane = taken.findIndex((others) =>
            others.every((other) => other.last < span.first || span.last < other.first),
        );
        if (lane < 0) {
            lane = taken.push([]) - 1;
        }
        taken[lane]?.push(span);
        found.set(span.edge, lane);
    }
    return found;
}

function place(
    edge: Edge,
    states: Map<number, PlacedState>,
    left: Map<Edge, number>,
    right: Map<Edge, number>,
): PlacedEdge {
    const source = states.get(edge.source) as PlacedState;
    const target = states.get(edge.target) as PlacedState;
    const lane = left.get(edge) ?? right.get(edge);
    if (lane === undefined) {
        const x = source.x + source.width / 2;
        const path = `M${x} ${source.y + source.height}V${target.y}`;
        return { ...edge, side: 'straight', lane: 0, path };
    }
    const isLeft = left.has(edge);
    const away = (lane + 1) * LANE;
    const edgeX = isLeft ? source.x : source.x + source.width;
    const laneX = isLeft ? edgeX - away : edgeX + away;
    // Leaving below the middle and arriving above it keeps the two ends of a loop apart.
    const from = source.y + source.height * 0.7;
    const to = target.y + target.height * 0.3;
    const inward = isLeft ? CORNER : -CORNER;
    const down = to > from ? CORNER : -CORNER;
    const path =
        `M${edgeX} ${from}H${laneX + inward}Q${laneX} ${from} ${laneX} ${from + down}` +
        `V${to - down}Q${laneX} ${to} ${laneX + inward} ${to}H${edgeX}`;
    return { ...edge, side: isLeft ? 'left' : 'right', lane, path };
}
