/** Small helpers for the pages of the webviews. */

const SVG = 'http://www.w3.org/2000/svg';

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An SVG element; attributes without a value are left out. */
export function svg(name: string, attributes: Attributes, ...inside: Node[]): SVGElement {
    return filled(document.createElementNS(SVG, name), attributes, inside);
}

/** An HTML element; text goes in as text, never as markup. */
export function html<K extends keyof HTMLElementTagNameMap>(
    name: K,
    attributes: Attributes,
    ...inside: (Node | string)[]
): HTMLElementTagNameMap[K] {
    return filled(document.createElement(name), attributes, inside);
}

function filled<E extends Element>(
    element: E,
    attributes: Attributes,
    inside: (Node | string)[],
): E {
    for (const [key, value] of Object.entries(attributes)) {
        if (value !== undefined) {
            element.setAttribute(key, String(value));
        }
    }
    element.append(...inside);
    return element;
}

/** The element of the page with an id, which is there because the page was made with it. */
export function byId(id: string): HTMLElement {
    const found = document.getElementById(id);
    if (found === null) {
        throw new Error(`the page has no element ${id}`);
    }
    return found;
}
